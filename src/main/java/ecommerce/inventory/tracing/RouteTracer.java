package ecommerce.inventory.tracing;

import org.apache.camel.CamelContext;
import org.apache.camel.opentelemetry2.OpenTelemetryTracer;

/**
 * Camel's tracer, which makes a span of each route and endpoint, but of none that wakes the relay: that is not part of the
 * message that woke it. Camel's own {@code exclude-patterns} would normalise and match the URI of every endpoint every time.
 */
public class RouteTracer extends OpenTelemetryTracer {

    private static final String RELAY = "seda://outbox-relay";

    @Override
    public boolean exclude(String endpointUri, CamelContext camel) {
        return endpointUri != null && endpointUri.contains(RELAY);
    }
}
