package bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;

import bench.BenchOptions.Case;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A minimal run of the benchmark. */
class BenchSmokeIT {

    @Test
    void measuresAFewOrdersOfEachKind(@TempDir Path directory) throws Exception {
        Path report = directory.resolve("results.md");

        Benchmark.run(new BenchOptions(EnumSet.of(Case.PLAIN, Case.THROUGHPUT, Case.LATENCY, Case.GROWTH), 100, 100, 20, 1, 100, 1, 1, 1, 100, 16,
            false, List.of("-XX:TieredStopAtLevel=1")), report);

        assertThat(Files.readString(report)).contains("Inventory Worker: one hot product", "Inventory Worker: mixed life cycle",
            "plain Spring worker, 16 at a time: one hot product", "set-based SQL alone", "| p99.9 |", "with 100 finished rows",
            "fsync on, synchronous_commit on");
    }
}
