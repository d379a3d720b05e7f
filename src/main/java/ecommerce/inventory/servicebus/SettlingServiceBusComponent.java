package ecommerce.inventory.servicebus;

import java.util.Map;
import java.util.concurrent.TimeUnit;

import ecommerce.inventory.tracing.MessageTracer;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.component.azure.servicebus.ServiceBusComponent;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code azure-servicebus} component, with its options and URIs, and a consumer that settles as an inbox needs:
 * see {@link SettlingConsumer}.
 */
// By this name Camel finds the component's generated property setters.
@Component("azure-servicebus")
public class SettlingServiceBusComponent extends ServiceBusComponent {

    private final MessageTracer tracer;
    private final MeterRegistry registry;
    private final int maxMessageSize;
    /** System.nanoTime of the first consumer's stop; null while the worker runs. */
    private Long stopped;

    /**
     * @param registry       for {@link ecommerce.inventory.metrics.Metric#MESSAGES_DEAD_LETTERED}
     * @param maxMessageSize size of the largest message for which there is memory, in KiB
     */
    public SettlingServiceBusComponent(MessageTracer tracer, MeterRegistry registry, int maxMessageSize) {
        this.tracer = tracer;
        this.registry = registry;
        this.maxMessageSize = maxMessageSize;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        ServiceBusConfiguration configuration =
            ((ServiceBusEndpoint) super.createEndpoint(uri, remaining, parameters)).getConfiguration();
        return new ServiceBusEndpoint(uri, this, configuration) {
            @Override
            public Consumer createConsumer(Processor processor) throws Exception {
                Consumer consumer = new SettlingConsumer(this, processor, tracer, registry, maxMessageSize);
                configureConsumer(consumer);
                return consumer;
            }
        };
    }

    /**
     * Called by each consumer when the worker stops. They stop one after the other, and none starts a message after the first call.
     *
     * @return milliseconds since the first call
     */
    synchronized long sinceStop() {
        long now = System.nanoTime();
        if (stopped == null) {
            stopped = now;
        }
        return TimeUnit.NANOSECONDS.toMillis(now - stopped);
    }
}
