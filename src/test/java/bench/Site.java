package bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import bench.LoadProcess.Received;
import bench.MeasuredWorker.Kind;
import ecommerce.inventory.support.BusProcess;
import ecommerce.inventory.support.Image;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Waiting;
import org.springframework.util.FileSystemUtils;

/** The environment of a worker: a bus, the load and a database, each in a process of its own; and the ways to measure the worker. */
final class Site implements AutoCloseable {

    private static final List<String> SOURCES = List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS);
    private static final Duration LOOK = Duration.ofMillis(100);
    /** Far longer than any measurement takes. */
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private static final Path IMAGE = Path.of("target", "bench", "image");

    private final BenchOptions settings;
    private final Image image;
    private final BusProcess bus;
    private final LoadProcess load;
    private final BenchDatabase database;
    private int runs;

    /**
     * The result of an overload.
     *
     * @param offered       orders/s
     * @param handled       orders/s during the overload
     * @param after         draining the remaining backlog
     * @param residentFirst memory of the worker at the beginning, in MiB
     * @param residentMost  peak memory, in MiB
     */
    record Overload(double offered, double handled, Measured after, double residentFirst, double residentMost) {
    }

    Site(BenchOptions settings, int yardstickConnections) throws IOException, InterruptedException {
        this.settings = settings;
        FileSystemUtils.deleteRecursively(IMAGE);
        this.image = Image.build(IMAGE);
        this.database = new BenchDatabase(settings.before(), yardstickConnections);
        this.bus = new BusProcess(settings.jvmOptions(), BusProcess.TOPOLOGY);
        this.load = new LoadProcess(bus.connectionString(), settings.jvmOptions());
    }

    BenchDatabase database() {
        return database;
    }

    MeasuredWorker start(Kind kind, boolean jfr) throws IOException {
        return MeasuredWorker.start(kind, image, database.workerUrl(), bus.connectionString(), settings, jfr);
    }

    /** Seconds from the start of a worker until the start is complete, and until the event of a waiting order is received. */
    double[] startup(Kind kind) throws IOException {
        database.prepare(database.worker(), Workload.MANY);
        String run = begin(Workload.MANY, 1);
        load.sendBacklog(Workload.MANY);
        long begin = LoadProcess.now();
        try (MeasuredWorker worker = start(kind, false)) {
            double started = seconds(begin, LoadProcess.now());
            Received received = awaitDone(Workload.MANY, run, 1, worker);
            return new double[] {started, seconds(begin, received.lastAt()), worker.resident()};
        }
    }

    /** Empties the tables, and has the worker drain a backlog. */
    Measured drain(Workload workload, int orders, MeasuredWorker worker) {
        database.prepare(database.worker(), workload);
        return drainInto(workload, orders, worker);
    }

    /** Has the worker drain a backlog into the tables as they are. Measures from the first delivery to the last event. */
    Measured drainInto(Workload workload, int orders, MeasuredWorker worker) {
        SOURCES.forEach(source -> bus.ask("pause", source));
        String run = begin(workload, orders);
        load.sendBacklog(workload);
        CpuTime cpu = CpuTime.from(processes(worker));
        long begin = LoadProcess.now();
        SOURCES.forEach(source -> bus.ask("resume", source));
        Received received = awaitDone(workload, run, orders, worker);
        return new Measured(orders, seconds(begin, received.lastAt()), cpu.per(orders));
    }

    /** Sends orders at a fixed rate, and measures the latency of each from its planned send. */
    LoadProcess.Latency latency(int ordersPerSecond, int seconds, MeasuredWorker worker) {
        database.prepare(database.worker(), Workload.MANY);
        int orders = ordersPerSecond * seconds;
        String run = begin(Workload.MANY, orders);
        load.sendAtRate(Workload.MANY, ordersPerSecond);
        awaitDone(Workload.MANY, run, orders, worker);
        return load.latency();
    }

    /** Sends more orders than the worker can handle, then lets it drain the backlog. */
    Overload overload(double ordersPerSecond, int seconds, MeasuredWorker worker) {
        database.prepare(database.worker(), Workload.MANY);
        int orders = (int) (ordersPerSecond * seconds);
        String run = begin(Workload.MANY, orders);
        double first = worker.resident();
        DoubleSummaryStatistics resident = new DoubleSummaryStatistics();
        resident.accept(first);
        long begin = LoadProcess.now();
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> load.sendAtRate(Workload.MANY, ordersPerSecond));
        Waiting.await().atMost(LIMIT).pollInterval(LOOK).until(() -> {
            resident.accept(worker.resident());
            return sending.isDone();
        });
        sending.join();
        long end = LoadProcess.now();
        Received meanwhile = load.received();
        CpuTime cpu = CpuTime.from(processes(worker));
        Received received = awaitDone(Workload.MANY, run, orders, worker);
        int left = orders - meanwhile.orders();
        return new Overload(orders / seconds(begin, end), meanwhile.orders() / seconds(begin, end),
            new Measured(left, seconds(end, received.lastAt()), cpu.per(left)), first, Math.max(resident.getMax(), worker.resident()));
    }

    /** CPU of each idle process, in percent of a core. */
    Map<String, Double> idle(int seconds, MeasuredWorker worker) {
        database.prepare(database.worker(), Workload.MANY);
        CpuTime cpu = CpuTime.from(processes(worker));
        LoadProcess.pause(Duration.ofSeconds(seconds));
        return cpu.per(TimeUnit.SECONDS.toMicros(seconds) / 100.0);
    }

    private String begin(Workload workload, int orders) {
        bus.ask("purge");
        String run = workload.name().toLowerCase().replace('_', '-') + "-" + ++runs;
        load.begin(run, orders);
        return run;
    }

    private Map<String, ProcessHandle> processes(MeasuredWorker worker) {
        Map<String, ProcessHandle> processes = new LinkedHashMap<>();
        processes.put("worker", worker.handle());
        processes.put("PostgreSQL", database.process());
        processes.put("bus", bus.handle());
        processes.put("load", load.handle());
        return processes;
    }

    /** Waits until all messages are settled and all events received; fails if a message is lost or dead. */
    private Received awaitDone(Workload workload, String run, int orders, MeasuredWorker worker) {
        boolean hasTables = worker.kind() == Kind.INVENTORY || worker.kind() == Kind.PLAIN;
        Waiting.await().atMost(LIMIT).pollInterval(LOOK).until(() -> {
            if (!worker.handle().isAlive()) {
                throw new IllegalStateException(worker.kind().title() + " has ended");
            }
            return (workload == Workload.LIFE_CYCLE || load.received().orders() == orders)
                && SOURCES.stream().allMatch(source -> bus.counts(source).active() == 0)
                && (!hasTables || database.worker().queryForObject("SELECT count(*) FROM outbox WHERE published_at IS NULL "
                    + "AND next_retry_at IS NULL", Long.class) == 0)
                && bus.counts(ShopDriver.EVENTS).active() == 0;
        });
        // Some events may have left the bus and not arrived yet.
        Received received = Waiting.await().atMost(LIMIT).pollInterval(LOOK).until(load::received,
            now -> workload == Workload.LIFE_CYCLE || !hasTables || now.events() >= (long) orders * workload.eventsOfAnOrder());
        SOURCES.forEach(source -> assertThat(bus.counts(source).deadLettered()).as("dead letters of %s in run %s", source, run).isZero());
        if (worker.kind() == Kind.INVENTORY) {
            assertThat(database.worker().queryForObject("SELECT count(*) FROM inventory_orders WHERE starts_with(order_id, ?)", Integer.class,
                run + "-")).as("orders of run %s", run).isEqualTo(orders);
        }
        return received;
    }

    private static double seconds(long from, long to) {
        return (to - from) / 1e9;
    }

    @Override
    public void close() throws IOException {
        load.close();
        bus.close();
        database.close();
    }
}
