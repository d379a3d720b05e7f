package bench;

import static bench.Results.line;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

import bench.BenchOptions.Case;
import bench.JdbcYardstick.Shape;
import bench.MeasuredWorker.Kind;
import org.springframework.jdbc.core.JdbcTemplate;

/** All measurements, in their order. */
final class Benchmark {

    private static final String WORKER = Kind.INVENTORY.title();

    private final BenchOptions settings;
    private final Results results = new Results();
    private final Site site;
    private final JdbcYardstick jdbc;

    private Benchmark(BenchOptions settings, Site site) {
        this.settings = settings;
        this.site = site;
        this.jdbc = new JdbcYardstick(site.database());
    }

    /** Measures, and writes the report. */
    static void run(BenchOptions settings, Path report) throws Exception {
        try (Site site = new Site(settings, JdbcYardstick.CONNECTIONS)) {
            Benchmark benchmark = new Benchmark(settings, site);
            benchmark.measure();
            benchmark.compare();
            benchmark.results.write(report, site.database().settings(), settings);
        }
    }

    private void measure() throws Exception {
        if (settings.measures(Case.STARTUP)) {
            startup();
        }
        if (settings.measures(Case.SDK)) {
            yardstick(Kind.SDK, Workload.MANY);
            yardstick(Kind.SDK_BATCHES, Workload.MANY);
        }
        if (settings.measures(Case.PLAIN)) {
            yardstick(Kind.PLAIN, Workload.MANY, Workload.HOT);
        }
        if (settings.measures(Case.THROUGHPUT)) {
            // Before the worker is warmed up, as it would cool down during this.
            for (Shape shape : Shape.values()) {
                jdbc.measure(shape, Workload.MANY, settings.warmUp());
            }
        }
        Instant warm;
        try (MeasuredWorker worker = site.start(Kind.INVENTORY, settings.jfr())) {
            site.drain(Workload.LIFE_CYCLE, settings.warmUp() / 2, worker);
            site.drain(Workload.MANY, settings.warmUp(), worker);
            warm = Instant.now();
            if (settings.measures(Case.THROUGHPUT)) {
                throughput(worker);
            }
            if (settings.measures(Case.LATENCY)) {
                latency(worker);
            }
            if (settings.measures(Case.IDLE)) {
                idle(worker);
            }
            if (settings.measures(Case.OVERLOAD)) {
                overload(worker);
            }
            if (settings.measures(Case.GROWTH)) {
                grown(worker, settings.rows() + " finished rows", BenchDatabase::fillFinished);
            }
            if (settings.measures(Case.UNFINISHED)) {
                grown(worker, settings.rows() + " rows delayed until tomorrow", BenchDatabase::fillUnfinished);
            }
            results.add("Memory of the worker, MiB", "peak of the whole run", worker.peak());
            worker.assertNoError();
        }
        if (settings.jfr()) {
            results.add(Profile.of(MeasuredWorker.recording(), warm));
        }
    }

    private void startup() throws Exception {
        for (int round = 0; round < settings.rounds(); round++) {
            double[] startup = site.startup(Kind.INVENTORY);
            results.add("Start, s", "until the start is complete", startup[0]);
            results.add("Start, s", "until the event of an order that was waiting", startup[1]);
            results.add("Memory of the worker, MiB", "after the start and one order", startup[2]);
        }
    }

    private void yardstick(Kind kind, Workload... workloads) throws Exception {
        try (MeasuredWorker worker = site.start(kind, false)) {
            site.drain(Workload.MANY, settings.warmUp(), worker);
            for (int round = 0; round < settings.rounds(); round++) {
                for (Workload workload : workloads) {
                    results.add(line(kind.title(), workload), site.drain(workload, settings.orders(), worker));
                }
            }
        }
    }

    /** Yardstick and worker by turns: the machine may be slower a minute later. */
    private void throughput(MeasuredWorker worker) throws Exception {
        for (int round = 0; round < settings.rounds(); round++) {
            for (Workload workload : Workload.values()) {
                if (workload == Workload.MANY || workload == Workload.HOT) {
                    for (Shape shape : Shape.values()) {
                        results.add(line(shape.title(), workload), jdbc.measure(shape, workload, settings.orders()));
                    }
                }
                results.add(line(WORKER, workload), site.drain(workload, settings.orders(), worker));
            }
        }
    }

    private void latency(MeasuredWorker worker) {
        site.latency(settings.rate(), Math.max(1, settings.rateSeconds() / 5), worker);
        String section = "Latency at " + settings.rate() + " orders/s, from the planned send to the received event, ms";
        for (int round = 0; round < settings.rounds(); round++) {
            LoadProcess.Latency latency = site.latency(settings.rate(), settings.rateSeconds(), worker);
            results.add(section, "p50", latency.p50());
            results.add(section, "p99", latency.p99());
            results.add(section, "p99.9", latency.p999());
            results.add(section, "most", latency.max());
        }
        results.limit(section, "p50", 15);
        results.limit(section, "p99", 60);
    }

    private void idle(MeasuredWorker worker) {
        site.idle(settings.idleSeconds(), worker).forEach((process, percent) -> results.add("CPU while idle, % of a core", process, percent));
    }

    private void overload(MeasuredWorker worker) {
        Measured alone = site.drain(Workload.MANY, settings.orders(), worker);
        results.add(line(WORKER, Workload.MANY) + ", before the overload", alone);
        Site.Overload overload = site.overload(2 * alone.ordersPerSecond(), settings.overloadSeconds(), worker);
        String section = "Overload: twice what it can handle, for " + settings.overloadSeconds() + " s";
        results.add(section, "offered, orders/s", overload.offered());
        results.add(section, "handled during the overload, orders/s", overload.handled());
        results.add(section, "memory at the beginning, MiB", overload.residentFirst());
        results.add(section, "peak memory, MiB", overload.residentMost());
        results.add(line(WORKER, Workload.MANY) + ", the backlog of the overload", overload.after());
    }

    private interface Filling {

        void fill(JdbcTemplate jdbc, String run, int rows);
    }

    private void grown(MeasuredWorker worker, String rows, Filling filling) {
        String empty = line(WORKER, Workload.MANY) + ", for comparison with " + rows;
        String full = line(WORKER, Workload.MANY) + ", with " + rows;
        for (int round = 0; round < settings.rounds(); round++) {
            results.add(empty, site.drain(Workload.MANY, settings.orders(), worker));
        }
        filling.fill(site.database().worker(), "old", settings.rows());
        for (int round = 0; round < settings.rounds(); round++) {
            results.add(full, site.drainInto(Workload.MANY, settings.orders(), worker));
        }
        results.ratio(full, empty);
    }

    private void compare() {
        String statements = Shape.STATEMENTS.title();
        results.ratio(line(WORKER, Workload.HOT), line(statements, Workload.HOT), 4);
        results.ratio(line(WORKER, Workload.MANY), line(statements, Workload.MANY), 1.5);
        for (Workload workload : List.of(Workload.HOT, Workload.MANY)) {
            results.ratio(line(WORKER, workload), line(Kind.PLAIN.title(), workload), 3);
            for (Shape shape : List.of(Shape.FUNCTION, Shape.BATCH_50, Shape.BATCH_200)) {
                results.ratio(line(WORKER, workload), line(shape.title(), workload));
            }
        }
        for (Kind kind : List.of(Kind.SDK, Kind.SDK_BATCHES)) {
            results.ratio(line(WORKER, Workload.MANY), line(kind.title(), Workload.MANY));
        }
        results.ratio(line(WORKER, Workload.MANY) + ", the backlog of the overload", line(WORKER, Workload.MANY) + ", before the overload");
    }
}
