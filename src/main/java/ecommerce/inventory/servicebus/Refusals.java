package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Service Bus refuses a queue or subscription to the consumer that receives from it. The SDK says so of each try, and says
 * nothing when a try succeeds: that shows by a message, or by the next refusal that does not come.
 */
class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
    /** The SDK's, between two tries. */
    private static final Duration PAUSE = Duration.ofSeconds(5);
    /** To connect, to be let in, and to open a link: each may take as long as a try of a request may. */
    private static final int STEPS = 3;
    /** Every tenth is logged, about once a minute. */
    private static final int LOGGED = 10;

    private final String entity;
    private final long holds;
    private volatile Refusal last;

    /** @param times in succession; at, by System.nanoTime */
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

    /** A message has come. */
    void received() {
        last = null;
    }

    /** What Service Bus says; empty if it lets the consumer receive, or is away. */
    Optional<String> reason() {
        return current().map(Refusal::reason);
    }

    private Optional<Refusal> current() {
        return Optional.ofNullable(last).filter(refusal -> System.nanoTime() - refusal.at <= holds);
    }
}
