package chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import chaos.Schedule.Planned;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The ledger finds faults that are built into workers by changed files in a copy of the jar. */
@EnabledIfSystemProperty(named = "chaos.faulty-workers", matches = "true", disabledReason = "runs with -Pchaos")
class FaultyWorkersIT {

    private static final long SEED = 1;
    private static final double ORDERS_PER_SECOND = 12;
    private static final Duration LENGTH = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @Test
    void aWorkerThatAcknowledgesBeforeTheCommitLosesMessages() throws Exception {
        Path jar = jarWith("routes/receive/inbox-subscription.camel.yaml", "        - to:\n              id: to-inbox", "        - wireTap:\n              id: to-inbox");

        assertThat(violations(jar, Fault.KILL_AFTER_INBOX_INSERT, Fault.KILL_BEFORE_COMMIT)).contains("messages lost");
    }

    @Test
    void aWorkerThatMarksEventsBeforeItSendsThemLosesEvents() throws Exception {
        Path jar = jarWith("routes/outbox/outbox.camel.yaml", "        - transacted:\n            id: batch-transaction", "        - pipeline:\n            id: batch-transaction",
            "            ref: PROPAGATION_REQUIRED\n", "");
        replace(jar, "routes/outbox/claim-outbox.sql", ")\nSELECT o.message_id", """
            ), marked AS (
                UPDATE outbox AS m SET published_at = now() FROM (TABLE new UNION ALL TABLE due) AS head
                WHERE m.partition_key = head.partition_key AND m.published_at IS NULL
            )
            SELECT o.message_id""");

        assertThat(violations(jar, Fault.KILL_BEFORE_SEND, Fault.KILL_BEFORE_SEND)).contains("events lost");
    }

    @Test
    void aWorkerThatForgetsWhichOrdersItHasSeenDoesThemTwice() throws Exception {
        Path jar = jarWith("db/migration/V8__reserve_inventory.sql", "        WHERE o.items IS NULL OR o.status = 'Paid'\n", "");

        assertThat(violations(jar)).contains("lines of orders done twice", "products whose reserved stock differs from their reservations");
    }

    private Path jarWith(String file, String... replacements) throws IOException {
        Path jar = Files.copy(Path.of(System.getProperty("worker.jar")), directory.resolve("worker.jar"));
        replace(jar, file, replacements);
        return jar;
    }

    private static void replace(Path jar, String file, String... replacements) throws IOException {
        try (FileSystem entries = FileSystems.newFileSystem(jar)) {
            Path entry = entries.getPath("BOOT-INF/classes", file);
            String text = Files.readString(entry);
            for (int i = 0; i < replacements.length; i += 2) {
                assertThat(text).containsOnlyOnce(replacements[i]);
                text = text.replace(replacements[i], replacements[i + 1]);
            }
            Files.writeString(entry, text);
        }
    }

    /** The violations of a run with one worker, which is killed at these points. */
    private List<String> violations(Path jar, Fault... faults) throws Exception {
        List<Planned> schedule = new ArrayList<>();
        for (Fault fault : faults) {
            schedule.add(new Planned(LENGTH.multipliedBy(schedule.size() + 1L).dividedBy(2), fault, 0, Duration.ZERO));
        }
        Ledger ledger = new ChaosRun(new ChaosRun.Options(jar, 1, LENGTH, SEED, ORDERS_PER_SECOND, schedule, directory)).run();
        assertThat(ledger.count(Fault.Family.KILL)).as("kills").isEqualTo(faults.length);
        return ledger.violations().stream().map(Evidence.Figure::invariant).toList();
    }
}
