package ecommerce.inventory.servicebus;

import ecommerce.inventory.health.ReadinessCheck;
import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * Whether all routes that receive from Service Bus run, and whether Service Bus lets them receive; with its explanation for a source
 * that it refuses. A source that an operator has paused is healthy.
 */
public class ConsumersHealthCheck extends ReadinessCheck {

    private final CamelContext camel;

    public ConsumersHealthCheck(CamelContext camel) {
        super("inventory-consumers");
        this.camel = camel;
    }

    @Override
    protected void check(HealthCheckResultBuilder result) {
        Receivers.routes(camel).forEach((source, route) -> {
            ServiceStatus status = camel.getRouteController().getRouteStatus(source);
            var refusal = ((SettlingConsumer) route.getConsumer()).refusal();
            String state = refusal.map(reason -> "refused: " + reason).orElse(status.isSuspended() ? "paused" : status.name());
            if (refusal.isPresent() || !status.isStarted() && !status.isSuspended()) {
                result.down().message(source + ": " + state);
            }
            result.detail(source, state);
        });
    }
}
