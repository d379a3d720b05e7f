package ecommerce.inventory.servicebus;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.settings.InventoryProperties;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusType;

/**
 * How many messages the subscriptions hold that get what no cell takes: Service Bus would otherwise drop, without a trace, a message
 * that no rule matches. Without such a subscription it counts nothing.
 */
public class UnroutedCounts implements Processor {

    private final Map<ServiceBusConfiguration, PeekedCount> counts = new LinkedHashMap<>();

    /** @param connection to the namespace */
    public UnroutedCounts(ServiceBusConfiguration connection, InventoryProperties.ServiceBus settings, MeterRegistry registry) {
        if (settings.unroutedSubscription().isEmpty()) {
            return;
        }
        Stream.of(settings.ordersTopic(), settings.paymentsTopic(), settings.eventsTopic()).forEach(topic -> {
            ServiceBusConfiguration subscription = connection.copy();
            subscription.setServiceBusType(ServiceBusType.topic);
            subscription.setTopicOrQueueName(topic);
            subscription.setSubscriptionName(settings.unroutedSubscription());
            PeekedCount count = new PeekedCount(topic + "/" + settings.unroutedSubscription());
            Metric.UNROUTED.gauge(registry, count, PeekedCount::orNaN, "topic", topic);
            counts.put(subscription, count);
        });
    }

    /** Counts, when the clock calls it, until the worker stops: each question may run into its timeout. */
    @Override
    public void process(Exchange exchange) {
        counts.forEach((subscription, count) -> {
            if (!exchange.getContext().isStopping()) {
                count.update(subscription, SubQueue.NONE);
            }
        });
    }
}
