package bench;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;

/** {@code mvn verify -Pbench}. It fails when an order is lost, never because it is slow. {@link BenchOptions} lists the options. */
class BenchIT {

    @Test
    void measures() throws Exception {
        BenchOptions settings = BenchOptions.ofSystemProperties();
        Benchmark.run(settings, settings.all() ? Path.of("docs", "reports", "benchmark.md") : Path.of("target", "bench", "results.md"));
    }
}
