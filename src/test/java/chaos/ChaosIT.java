package chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import chaos.Fault.Family;
import org.junit.jupiter.api.Test;

/**
 * Injects the faults of production while the worker is under load, and compares what went in with what came out. System properties:
 * {@code chaos.minutes}, {@code chaos.seed}, and {@code chaos.ledger}, the file for the ledger.
 */
class ChaosIT {

    private static final int WORKERS = 2;
    private static final double ORDERS_PER_SECOND = 12;
    private static final int MINUTES = Integer.getInteger("chaos.minutes", 2);
    private static final Path DIRECTORY = Path.of("target", "chaos");

    @Test
    void nothingIsLostDoneTwiceOversoldOrStuck() throws Exception {
        long seed = Long.getLong("chaos.seed", 2026);
        Duration length = Duration.ofMinutes(MINUTES);
        System.out.printf("Chaos with -Dchaos.minutes=%d -Dchaos.seed=%d%n", MINUTES, seed);
        Ledger ledger = new ChaosRun(new ChaosRun.Options(Path.of(System.getProperty("worker.jar")), WORKERS, length, seed, ORDERS_PER_SECOND,
            Schedule.make(seed, length, WORKERS), DIRECTORY)).run();

        System.out.println(ledger.markdown());
        Path kept = Path.of(System.getProperty("chaos.ledger", DIRECTORY.resolve("chaos.md").toString()));
        Files.createDirectories(kept.toAbsolutePath().getParent());
        Files.writeString(kept, ledger.markdown());
        assertThat(ledger.violations()).as("repeat with: %s", ledger.command()).isEmpty();
        assertThat(ledger.count(Family.KILL)).as("kills").isGreaterThanOrEqualTo(ledger.leastKills());
        assertThat(ledger.count(Family.OUTAGE)).as("outages").isGreaterThanOrEqualTo(ledger.leastOutages());
    }
}
