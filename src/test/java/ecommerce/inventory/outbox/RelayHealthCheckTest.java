package ecommerce.inventory.outbox;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.apache.camel.health.HealthCheck.State;
import org.junit.jupiter.api.Test;

class RelayHealthCheckTest {

    @Test
    void aRelayThatDoesNotGoRoundIsStuck() {
        RelayHealthCheck relay = new RelayHealthCheck(Duration.ofSeconds(1));
        await().until(() -> relay.call().getState() == State.DOWN);

        relay.process(null);

        assertThat(relay.call().getState()).isEqualTo(State.UP);
        assertThat(relay.call().getDetails()).containsEntry("secondsSinceLastRound", 0L);
    }
}
