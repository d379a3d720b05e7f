package ecommerce.inventory.metrics;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Counts the orders and measures the latency of the events that the broker has acknowledged. Variable {@code events} holds the rows of
 * {@code routes/outbox/claim-outbox.sql}, the body the answer of the publisher.
 * <p>
 * An order counts once per batch with events of its outcome: usually one batch, more for an order of many lines. Events that are sent
 * again after a crash count again.
 */
public class CountEvents implements Processor {

    private static final Set<String> OF_ORDERS =
        Set.of("InventoryReserved", "InventoryInsufficient", "InventoryCommitted", "InventoryReleased");

    private final MeterRegistry registry;

    public CountEvents(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        List<Map<String, Object>> events = exchange.getVariable("events", List.class);
        Set<UUID> published = Set.of((UUID[]) exchange.getMessage().getMandatoryBody(Map.class).get("published"));
        Set<List<String>> counted = new HashSet<>();
        Instant now = Instant.now();
        for (Map<String, Object> event : events) {
            if (published.contains((UUID) event.get("message_id"))) {
                String type = (String) event.get("message_type");
                String outcome = type.replaceFirst("^Inventory", "").toLowerCase(Locale.ROOT);
                String reason = event.get("release_reason") instanceof String why ? why : "";
                if (OF_ORDERS.contains(type) && counted.add(List.of((String) event.get("partition_key"), outcome, reason))) {
                    Metric.ORDERS.counter(registry, "outcome", outcome, "reason", reason).increment();
                }
                if (event.get("enqueued_at") instanceof Timestamp enqueuedAt) {
                    Metric.EVENT_LATENCY.timer(registry, "outcome", outcome).record(Duration.between(enqueuedAt.toInstant(), now));
                }
            }
        }
    }
}
