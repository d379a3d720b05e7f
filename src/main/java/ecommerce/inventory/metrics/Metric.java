package ecommerce.inventory.metrics;

import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * The metrics of this worker: name, unit and meaning. Prometheus shows dots as underscores, the unit at the end, and counters with
 * {@code _total}. No label holds the id of an order, a product or a message.
 * <p>
 * Those of {@link #MEASURED} describe the database and so are the same in all instances: take the maximum, not the sum. A gauge about the
 * database is NaN while it is unknown ({@link LastResult}).
 */
public enum Metric {

    /** outcome: reserved, insufficient, committed, released; reason: why released, else empty. */
    ORDERS("inventory.orders", "orders", "Orders whose outcome the broker has acknowledged, by outcome and reason"),
    /** outcome: as above, restocked and adjusted. */
    EVENT_LATENCY("inventory.event.latency", "seconds",
        "From the moment the broker took a message until it has acknowledged an event that the message caused"),
    /** Orders known only from a payment or a cancellation. */
    ORDERS_WAITING("inventory.orders.waiting", "orders", "Orders that have waited an hour for their OrderCreated, counted to 100,000"),
    INBOX_DUPLICATES("inventory.inbox.duplicates", "messages", "Messages that were in the inbox already"),
    INBOX_REUSED_IDS("inventory.inbox.reused.ids", "messages", "Messages that had the MessageId of another message, with other content"),
    INBOX_PARKED("inventory.inbox.parked", "messages", "Parked messages, counted to 100,000"),
    INBOX_DEAD("inventory.inbox.dead", "messages", "Failed messages, counted to 100,000"),
    OUTBOX_PENDING("inventory.outbox.pending", "events", "Events that are not published yet, counted to 100,000"),
    OUTBOX_REFUSED("inventory.outbox.refused", "events", "Of these, events that the broker has refused"),
    OUTBOX_AGE("inventory.outbox.age", "seconds", "Age of the oldest event that is not published yet"),
    EXPIRY_LAG("inventory.expiry.lag", "seconds", "How far the oldest expired reservation that still holds stock is past its time"),
    SUMMARY_PENDING("inventory.summary.pending", "events", "Events that are not in the read model yet, counted to 100,000"),
    SUMMARY_LAG("inventory.summary.lag", "seconds", "Age of the oldest event that is not in the read model yet"),
    /** invariant: negative-stock, reserved-stock, read-model, accounted-stock, order-status. */
    INVARIANT_VIOLATIONS("inventory.invariant.violations", "products", "Products that violate an invariant, counted to 100 in all"),
    /** source: id of the route. */
    CONSUMER_RUNNING("inventory.consumer.running", null, "1 if the route receives from Service Bus, 0 if it is paused, stopped or refused"),
    /** source: id of the route. */
    CONSUMER_REFUSED("inventory.consumer.refused", null,
        "1 if the queue or subscription of the route is missing, is disabled, or refuses this worker; 0 otherwise"),
    /** source: id of the route. */
    CONSUMER_RESTARTS("inventory.consumer.restarts", "restarts", "Times that a receiver had silently stopped and was reconnected"),
    /** source: id of the route; reason: of {@code InvalidMessageException}. */
    MESSAGES_DEAD_LETTERED("inventory.messages.dead.lettered", null, "Messages that were dead-lettered as invalid, by source and reason"),
    /** source: id of the route. */
    DEAD_LETTERS("inventory.dead.letters", "messages",
        "Messages in the dead-letter queue, put there by this worker or by Service Bus, counted to 100; NaN while unknown"),
    /** topic: its name. */
    UNROUTED("inventory.unrouted", "messages", "Messages that no cell takes, counted to 100; NaN while unknown"),
    MEASUREMENT_AGE("inventory.measurement.age", "seconds", "Time since the gauges about the database were measured");

    /** Gauges whose values are columns of {@code routes/timers/measure.sql}, named as the metric. */
    static final Metric[] MEASURED = {INBOX_PARKED, INBOX_DEAD, OUTBOX_PENDING, OUTBOX_REFUSED, OUTBOX_AGE, EXPIRY_LAG,
        ORDERS_WAITING, SUMMARY_PENDING, SUMMARY_LAG};

    private final String meterName;
    private final String unit;
    private final String meaning;

    Metric(String meterName, String unit, String meaning) {
        this.meterName = meterName;
        this.unit = unit;
        this.meaning = meaning;
    }

    /** With dots, as in Micrometer. */
    public String meterName() {
        return meterName;
    }

    /** @param tags name, value, name, value … */
    public Counter counter(MeterRegistry registry, String... tags) {
        return Counter.builder(meterName).baseUnit(unit).description(meaning).tags(tags).register(registry);
    }

    /** @param tags name, value, name, value … */
    public <T> void gauge(MeterRegistry registry, T object, ToDoubleFunction<T> value, String... tags) {
        Gauge.builder(meterName, object, value).baseUnit(unit).description(meaning).tags(tags).register(registry);
    }

    /** @param tags name, value, name, value … */
    Timer timer(MeterRegistry registry, String... tags) {
        return Timer.builder(meterName).description(meaning).tags(tags).register(registry);
    }
}
