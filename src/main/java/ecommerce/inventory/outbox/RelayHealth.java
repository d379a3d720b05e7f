package ecommerce.inventory.outbox;

import java.time.Duration;
import java.util.Optional;

import ecommerce.inventory.health.ReadinessCheck;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * Whether the relay goes round: it does also while Service Bus is away, which is no fault of this worker. Told of each round
 * as it begins; a round is woken at least by the clock. Also whether Service Bus refuses the events topic to this worker.
 */
public class RelayHealth extends ReadinessCheck implements Processor {

    private final Duration limit;
    private volatile long roundAt = System.nanoTime();
    private volatile Optional<String> refusal = Optional.empty();

    /** @param limit since the last round, after which the relay counts as stuck */
    public RelayHealth(Duration limit) {
        super("inventory-relay");
        this.limit = limit;
    }

    @Override
    public void process(Exchange exchange) {
        roundAt = System.nanoTime();
    }

    /** @param reason why Service Bus refuses the events topic, by the last try to publish; empty if it does not, or is away */
    void refused(Optional<String> reason) {
        refusal = reason;
    }

    @Override
    protected void check(HealthCheckResultBuilder result) {
        Duration sinceLastRound = Duration.ofNanos(System.nanoTime() - roundAt);
        result.detail("secondsSinceLastRound", sinceLastRound.toSeconds());
        if (sinceLastRound.compareTo(limit) >= 0) {
            result.down().message("stuck");
        }
        refusal.ifPresent(reason -> result.down().message("refused: " + reason).detail("refused", reason));
    }
}
