package ecommerce.inventory.tracing;

import org.apache.camel.CamelContext;
import org.apache.camel.opentelemetry2.OpenTelemetryTracer;

/**
 * Camel's tracer, which makes a span for each route and endpoint, without the endpoint that wakes the relay: publication is not part of
 * the trace of the message that happened to wake it. (Camel's own {@code exclude-patterns} would normalise and match the URI of every
 * endpoint every time.)
 */
public class RouteTracer extends OpenTelemetryTracer {

    private static final String RELAY = "seda://outbox-relay";

    @Override
    public boolean exclude(String endpointUri, CamelContext camel) {
        return endpointUri != null && endpointUri.contains(RELAY);
    }
}
