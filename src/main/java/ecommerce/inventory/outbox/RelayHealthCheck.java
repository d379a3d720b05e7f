package ecommerce.inventory.outbox;

import java.time.Duration;
import java.util.Optional;

import ecommerce.inventory.health.ReadinessCheck;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * Whether the relay still runs, and whether Service Bus refuses this worker the events topic. The relay also runs while Service Bus is
 * unavailable, which is not a fault of this worker. As a processor it notes the start of each round; if nothing else starts one, the
 * clock does.
 */
public class RelayHealthCheck extends ReadinessCheck implements Processor {

    private final Duration limit;
    private volatile long roundAt = System.nanoTime();
    private volatile Optional<String> refusal = Optional.empty();

    /** @param limit time since the last round after which the relay counts as stuck */
    public RelayHealthCheck(Duration limit) {
        super("inventory-relay");
        this.limit = limit;
    }

    @Override
    public void process(Exchange exchange) {
        roundAt = System.nanoTime();
    }

    /** @param reason why Service Bus refused the events topic at the last publication; empty if it did not, or is unavailable */
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
