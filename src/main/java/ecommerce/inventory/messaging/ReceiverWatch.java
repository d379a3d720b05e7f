package ecommerce.inventory.messaging;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.ServiceBusMessageState;
import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.metrics.Metric;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices receivers that have silently stopped, and connects them anew: nothing has come for the limit, and yet Service Bus
 * has a message that is older. It looks, which locks nothing, once in the limit for each receiver that is idle; a busy one
 * costs nothing. Also tells the state of all receivers as metrics.
 * <p>
 * A message that another worker keeps for longer than the limit looks the same; to connect anew does no harm then.
 */
public class ReceiverWatch implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverWatch.class);
    /** Messages looked at: the first ones may be deferred, which no receiver gets. */
    private static final int PEEKED = 10;

    private final CamelContext camel;
    private final MeterRegistry registry;
    private final Duration limit;
    private final Map<String, Long> lookedAt = new HashMap<>();
    private final Set<String> told = new HashSet<>();

    /** @param limit how long a receiver may be idle before it is looked after */
    public ReceiverWatch(CamelContext camel, MeterRegistry registry, Duration limit) {
        this.camel = camel;
        this.registry = registry;
        this.limit = limit;
    }

    /** Called by the clock. Fails with what the SDK throws if Service Bus does not answer. */
    @Override
    public void process(Exchange exchange) {
        Receivers.routes(camel).forEach((source, route) -> {
            SettlingConsumer consumer = (SettlingConsumer) route.getConsumer();
            if (told.add(source)) {
                Metric.CONSUMER_RUNNING.gauge(registry, camel.getRouteController(),
                    routes -> routes.getRouteStatus(source).isStarted() ? 1 : 0, "source", source);
            }
            var restarts = Metric.CONSUMER_RESTARTS.counter(registry, "source", source);
            if (consumer.isStarted() && consumer.idle().compareTo(limit) >= 0 && isTimeToLook(source) && hasOldMessage(consumer)) {
                LOG.warn("{}: nothing has come for {}, though messages wait; it is connected anew", source, consumer.idle());
                consumer.stop();
                consumer.start();
                restarts.increment();
            }
        });
    }

    private boolean isTimeToLook(String source) {
        long now = System.nanoTime();
        Long before = lookedAt.get(source);
        if (before != null && now - before < limit.toNanos()) {
            return false;
        }
        lookedAt.put(source, now);
        return true;
    }

    private boolean hasOldMessage(SettlingConsumer consumer) {
        OffsetDateTime old = OffsetDateTime.now().minus(limit);
        try (ServiceBusReceiverClient receiver = Receivers.connect(consumer.getEndpoint().getConfiguration(), SubQueue.NONE)) {
            return receiver.peekMessages(PEEKED).stream().anyMatch(
                message -> message.getState() == ServiceBusMessageState.ACTIVE && message.getEnqueuedTime().isBefore(old));
        }
    }
}
