package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Service Bus refuses a consumer its queue or subscription. The SDK reports each refused attempt but no successful one: success
 * shows by a message, or by the absence of the next refusal.
 */
class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
    /** The SDK's pause between two attempts. */
    private static final Duration PAUSE = Duration.ofSeconds(5);
    /** Connect, authenticate, open a link: each may take as long as a try of a request. */
    private static final int STEPS = 3;
    /** Every tenth refusal is logged, about one per minute. */
    private static final int LOGGED = 10;

    private final String entity;
    private final long holds;
    private volatile Refusal last;

    /** @param times consecutive refusals */
    private record Refusal(String reason, int times, long at) {
    }

    /** @param tryTimeout how long a request to Service Bus may take */
    Refusals(String entity, Duration tryTimeout) {
        this.entity = entity;
        this.holds = PAUSE.plus(tryTimeout.multipliedBy(STEPS)).toNanos();
    }

    void refused(String reason) {
        int before = current().map(Refusal::times).orElse(0);
        last = new Refusal(reason, before + 1, System.nanoTime());
        if (before % LOGGED == 0) {
            LOG.warn("{}: Service Bus refuses it, time {}: {}", entity, before + 1, reason);
        }
    }

    /** A message has arrived. */
    void received() {
        last = null;
    }

    /** Service Bus's explanation; empty if it lets the consumer receive, or is unavailable. */
    Optional<String> reason() {
        return current().map(Refusal::reason);
    }

    private Optional<Refusal> current() {
        return Optional.ofNullable(last).filter(refusal -> System.nanoTime() - refusal.at <= holds);
    }
}
