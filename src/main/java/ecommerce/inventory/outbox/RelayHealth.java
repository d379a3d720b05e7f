package ecommerce.inventory.outbox;

import java.time.Duration;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Whether the relay goes round: it does also while Service Bus is away, which is no fault of this worker. Told of each round
 * as it begins; a round is woken at least by the clock.
 */
public class RelayHealth implements Processor {

    private final Duration limit;
    private volatile long roundAt = System.nanoTime();

    /** @param limit since the last round, after which the relay counts as stuck */
    public RelayHealth(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void process(Exchange exchange) {
        roundAt = System.nanoTime();
    }

    public Duration sinceLastRound() {
        return Duration.ofNanos(System.nanoTime() - roundAt);
    }

    public boolean isStuck() {
        return sinceLastRound().compareTo(limit) >= 0;
    }
}
