package ecommerce.inventory.messaging;

import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/** Whether all routes that receive from Service Bus run. One that an operator has paused is as it should be. */
public class ConsumersHealth implements HealthIndicator {

    private final CamelContext camel;

    public ConsumersHealth(CamelContext camel) {
        this.camel = camel;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        Receivers.routes(camel).keySet().forEach(source -> {
            ServiceStatus status = camel.getRouteController().getRouteStatus(source);
            if (!status.isStarted() && !status.isSuspended()) {
                health.down();
            }
            health.withDetail(source, status.isSuspended() ? "paused" : status.name());
        });
        return health.build();
    }
}
