package ecommerce.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;

import ecommerce.bench.Settings.Case;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the benchmark runs, in little. */
class BenchSmokeIT {

    @Test
    void measuresAFewOrdersOfEachKind(@TempDir Path directory) throws Exception {
        Path report = directory.resolve("results.md");

        Benchmark.run(new Settings(EnumSet.of(Case.YARDSTICKS, Case.THROUGHPUT, Case.LATENCY, Case.GROWTH), 100, 20, 1, 100, 1, 1, 1, 1_000, 16,
            false), report);

        assertThat(Files.readString(report)).contains("Inventory Worker: one hot product", "Inventory Worker: mixed life cycle",
            "plain Spring worker: one hot product", "SDK alone", "set-based SQL alone", "| p99.9 |", "with 1000 rows that are finished",
            "fsync on, synchronous_commit on");
    }
}
