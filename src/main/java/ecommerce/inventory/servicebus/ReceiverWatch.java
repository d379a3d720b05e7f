package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.ServiceBusMessageState;
import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.metrics.Metric;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects receivers that have silently stopped, and reconnects them: nothing has arrived for the limit although Service Bus has an
 * older message. It peeks, which locks nothing, once per limit for each idle receiver; a busy one costs nothing. It also reports the
 * state of all receivers as metrics.
 * <p>
 * A message that another worker holds for longer than the limit looks the same; to reconnect does no harm then.
 */
public class ReceiverWatch implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverWatch.class);
    /** Messages peeked in one request. */
    private static final int PEEKED = 100;
    /** Requests of one look, at most; the next look continues from there. */
    private static final int REQUESTS = 50;

    private final CamelContext camel;
    private final MeterRegistry registry;
    private final Duration limit;
    private final Map<String, Long> lookedAt = new HashMap<>();
    /** By source the sequence number from which the next look continues; absent if the last look reached its end. */
    private final Map<String, Long> next = new HashMap<>();
    private final Set<String> registered = new HashSet<>();

    /** @param limit how long a receiver may be idle before Service Bus is asked */
    public ReceiverWatch(CamelContext camel, MeterRegistry registry, Duration limit) {
        this.camel = camel;
        this.registry = registry;
        this.limit = limit;
    }

    /** Called by the clock. If Service Bus does not answer about one source, the others are still checked. */
    @Override
    public void process(Exchange exchange) {
        Receivers.forEach(camel, (source, route) -> {
            if (registered.add(source)) {
                Metric.CONSUMER_RUNNING.gauge(registry, camel, routes -> isRunning(routes, source) && refusal(routes, source).isEmpty() ? 1 : 0,
                    "source", source);
                Metric.CONSUMER_REFUSED.gauge(registry, camel, routes -> refusal(routes, source).isPresent() ? 1 : 0, "source", source);
            }
            var restarts = Metric.CONSUMER_RESTARTS.counter(registry, "source", source);
            SettlingConsumer consumer = (SettlingConsumer) route.getConsumer();
            try {
                if (isSilent(consumer) && isTimeToLook(source) && hasOldMessage(source, consumer)) {
                    LOG.warn("{}: nothing has arrived for {}, though messages wait; reconnecting", source, consumer.idle());
                    consumer.stop();
                    consumer.start();
                    restarts.increment();
                }
            } catch (RuntimeException e) {
                LOG.warn("{}: nothing has arrived for {}, and whether messages wait is unknown: {}", source, consumer.idle(),
                    Failures.rootCause(e));
            }
        });
    }

    private static boolean isRunning(CamelContext camel, String source) {
        return camel.getRouteController().getRouteStatus(source).isStarted();
    }

    private static Optional<String> refusal(CamelContext camel, String source) {
        return ((SettlingConsumer) camel.getRoute(source).getConsumer()).refusal();
    }

    private boolean isSilent(SettlingConsumer consumer) {
        return consumer.isStarted() && consumer.refusal().isEmpty() && consumer.idle().compareTo(limit) >= 0;
    }

    private boolean isTimeToLook(String source) {
        long now = System.nanoTime();
        Long before = lookedAt.get(source);
        if (before != null && now - before < limit.toNanos() && !next.containsKey(source)) {
            return false;
        }
        lookedAt.put(source, now);
        return true;
    }

    /** Whether the first receivable message is old. Any number of deferred or scheduled messages may precede it. */
    private boolean hasOldMessage(String source, SettlingConsumer consumer) {
        OffsetDateTime old = OffsetDateTime.now().minus(limit);
        long from = next.containsKey(source) ? next.remove(source) : 0;
        try (ServiceBusReceiverClient receiver = Receivers.connect(consumer.getEndpoint().getConfiguration(), SubQueue.NONE)) {
            for (int i = 0; i < REQUESTS; i++) {
                List<ServiceBusReceivedMessage> some = receiver.peekMessages(PEEKED, from).stream().toList();
                if (some.isEmpty()) {
                    return false;
                }
                Optional<ServiceBusReceivedMessage> first =
                    some.stream().filter(message -> message.getState() == ServiceBusMessageState.ACTIVE).findFirst();
                if (first.isPresent()) {
                    return first.get().getEnqueuedTime().isBefore(old);
                }
                from = some.get(some.size() - 1).getSequenceNumber() + 1;
            }
        }
        next.put(source, from);
        return false;
    }
}
