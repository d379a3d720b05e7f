package ecommerce.inventory.outbox;

import static ecommerce.inventory.support.Shop.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

class RelayHealthTest {

    @Test
    void aRelayThatDoesNotGoRoundIsStuck() {
        RelayHealth relay = new RelayHealth(Duration.ofSeconds(1));
        await().until(relay::isStuck);

        relay.process(null);

        assertThat(relay.isStuck()).isFalse();
    }
}
