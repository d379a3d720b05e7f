package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import ecommerce.inventory.outbox.RelayHealthCheck;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.health.Status;

/** The health groups of a worker whose relay is stuck. */
class InventoryConfigurationTest {

    @Test
    void aWorkerWhoseRelayIsStuckIsUnready() {
        InventoryConfiguration configuration = new InventoryConfiguration();

        assertThat(configuration.relayHealthIndicator(new RelayHealthCheck(Duration.ZERO)).health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(configuration.relayHealthIndicator(new RelayHealthCheck(Duration.ofHours(1))).health().getStatus()).isEqualTo(Status.UP);
        assertThat(Defaults.of("management.endpoint.health.group.readiness.include").split(",")).contains("relay", "db", "consumers");
        assertThat(Defaults.of("management.endpoint.health.group.liveness.include").split(",")).as("a restart would not end an outage")
            .containsExactly("livenessState", "databaseCredentials");
    }
}
