package chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import chaos.Evidence.Figure;
import chaos.Saboteur.Outcome;
import chaos.Schedule.Planned;
import ecommerce.inventory.support.BusProcess;
import ecommerce.inventory.support.ExtractedJar;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Waiting;
import org.awaitility.core.ConditionTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.Counts;

/** Starts each part in a process of its own, runs load and faults, waits until all work is done, and makes the ledger. */
final class ChaosRun {

    private static final Duration TTL = Duration.ofSeconds(15);
    private static final Duration QUIET_LIMIT = Duration.ofMinutes(5);
    private static final List<String> SOURCES = List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS, ShopDriver.COMMANDS);
    /** Unique texts, so that they can be found in logs. */
    private static final Map<String, String> SECRETS = Map.of("password", "chaos-password-7c1f", "key", "chaos-access-key-9d2e",
        "token", "chaos-operator-token-4b8a-of-32-letters");

    private final Options options;

    /**
     * The options of a run.
     *
     * @param jar       the worker's jar
     * @param workers   number of worker processes
     * @param length    minimum length of the load, which continues until the last fault has ended
     * @param directory for logs; it is emptied
     */
    record Options(Path jar, int workers, Duration length, long seed, double ordersPerSecond, List<Planned> schedule, Path directory) {
    }

    ChaosRun(Options options) {
        this.options = options;
    }

    Ledger run() throws Exception {
        Path directory = Files.createDirectories(options.directory());
        try (Stream<Path> old = Files.list(directory)) {
            old.filter(file -> file.toString().endsWith(".log")).forEach(ChaosRun::delete);
        }
        List<Station> stations = new ArrayList<>();
        try (FaultyDatabase database = new FaultyDatabase();
                BusProcess bus = new BusProcess(List.of("-Xmx256m"), topology(directory), Saboteur.LOCK);
                Receiver receiver = new Receiver(bus.connectionString());
                Sender sender = new Sender(bus.connectionString())) {
            Path jar = ExtractedJar.of(options.jar(), options.directory().resolveSibling("chaos-worker"));
            for (int i = 0; i < options.workers(); i++) {
                stations.add(station("worker-" + i, jar, database, bus));
            }
            return run(database, bus, receiver, sender, stations);
        } finally {
            for (Station station : stations) {
                station.worker().close();
                station.proxy().close();
            }
        }
    }

    /** The shipped topology without duplicate detection, so that an event that a worker sends twice is visible. */
    private static Path topology(Path directory) throws IOException {
        return Files.writeString(directory.resolve("servicebus.json"), Files.readString(BusProcess.TOPOLOGY)
            .replace("\"RequiresDuplicateDetection\": true", "\"RequiresDuplicateDetection\": false"));
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Station station(String name, Path jar, FaultyDatabase database, BusProcess bus) throws IOException {
        DatabaseProxy proxy = new DatabaseProxy(database.servers.ports());
        // Shorter times, for which the run would wait too long; all other settings have their defaults.
        List<String> settings = List.of("--server.port=0", "--management.server.port=0", "--inventory.reservation.ttl=" + TTL,
            "--inventory.reservation.expiry-schedule=* * * * * ?", "--inventory.inbox.parked-delay=PT1S",
            "--spring.datasource.hikari.connection-init-sql=" + FaultyDatabase.initSql(),
            "--inventory.inbox.parked-delay-max=PT10S", "--inventory.outbox.retry-delay-max=PT10S");
        Map<String, String> environment = Map.of("SPRING_DATASOURCE_URL", FaultyDatabase.url(proxy.ports()), "SPRING_DATASOURCE_USERNAME", "postgres",
            "SPRING_DATASOURCE_PASSWORD", SECRETS.get("password"), "INVENTORY_SERVICEBUS_CONNECTIONSTRING", bus.connectionString().replace("SAS_KEY_VALUE", SECRETS.get("key")),
            "INVENTORY_OPERATOR_TOKEN", SECRETS.get("token"));
        return new Station(new RestartedWorker(name, options.directory(), jar, settings, environment), proxy);
    }

    private Ledger run(FaultyDatabase database, BusProcess bus, Receiver receiver, Sender sender, List<Station> stations) throws Exception {
        List<String> stuck = new ArrayList<>();
        awaitReady(stations, stuck);
        Scenario load = new Scenario(sender, options.seed(), options.ordersPerSecond(), TTL);
        load.start(new Tables(database.jdbc()));
        long begin = System.nanoTime();
        List<Outcome> outcomes = new Saboteur(database, bus, stations, new Progress(database.jdbc(), receiver)).run(options.schedule());
        Thread.sleep(Math.max(0, options.length().minusNanos(System.nanoTime() - begin).toMillis()));
        load.stop();
        Duration length = Duration.ofNanos(System.nanoTime() - begin);
        awaitReady(stations, stuck);
        awaitQuiet(database, bus, stuck);

        Map<String, String> deadLetters = new HashMap<>();
        SOURCES.forEach(entity -> deadLetters.putAll(bus.deadLetters(entity)));
        List<Figure> figures = new ArrayList<>();
        figures.add(new Figure("stuck", "work that is not done long after the last fault", stuck));
        figures.addAll(new Evidence(load.book(), database.jdbc(), receiver.events(), deadLetters).figures());
        figures.add(new Figure("secrets in logs", stations.stream().mapToInt(station -> station.worker().starts()).sum() + " logs of workers",
            linesWith(SECRETS.values().toArray(String[]::new))));
        figures.add(new Figure("deadlocks", "logs of workers", linesWith("deadlock detected")));
        return new Ledger(options, length, outcomes, traffic(load.book(), sender, bus, receiver, stations), figures);
    }

    private static void awaitReady(List<Station> stations, List<String> stuck) {
        stations.stream().filter(station -> !station.awaitReady()).forEach(station -> stuck.add("a worker is not ready"));
    }

    private static void awaitQuiet(FaultyDatabase database, BusProcess bus, List<String> stuck) {
        try {
            Waiting.await().atMost(QUIET_LIMIT).pollInterval(Duration.ofMillis(200)).until(() -> unfinished(database.jdbc(), bus).isEmpty());
        } catch (ConditionTimeoutException e) {
            unfinished(database.jdbc(), bus).forEach((what, count) -> stuck.add(count + " " + what));
        }
    }

    private static Map<String, Long> unfinished(JdbcTemplate jdbc, BusProcess bus) {
        Tables tables = new Tables(jdbc);
        // In the order of the flow: a stage that is empty stays empty if all stages before it are.
        Map<String, Long> unfinished = new LinkedHashMap<>();
        SOURCES.forEach(entity -> unfinished.put("messages of " + entity, bus.counts(entity).active()));
        unfinished.put("messages parked", tables.count("inbox WHERE processed_at IS NULL AND dead_at IS NULL"));
        unfinished.put("reservations that have not ended", tables.count("inventory_reservations WHERE status = 'Reserved'"));
        unfinished.put("events not published", tables.count("outbox WHERE published_at IS NULL"));
        unfinished.put("events not folded", tables.count("outbox_unprojected"));
        unfinished.put("events not received", bus.counts(ShopDriver.EVENTS).active());
        unfinished.values().removeIf(count -> count == 0);
        return unfinished;
    }

    private Map<String, Long> traffic(Book book, Sender sender, BusProcess bus, Receiver receiver, List<Station> stations) {
        Map<String, Long> traffic = new LinkedHashMap<>();
        List<Counts> counts = SOURCES.stream().map(bus::counts).toList();
        traffic.put("orders", (long) book.orders.size());
        traffic.put("messages, each once", (long) book.messages.size());
        traffic.put("poison", (long) book.poison.size());
        traffic.put("duplicates sent, with the same MessageId", book.repeats.get());
        traffic.put("duplicates sent, OrderCreated under another MessageId", book.repeatedOrders.get());
        traffic.put("duplicates caused by retried sends", counts.stream().mapToLong(Counts::enqueued).sum() - book.sends.get());
        traffic.put("redeliveries after an expired lock or an abandoned message", counts.stream().mapToLong(count -> count.expiredLocks() + count.abandoned()).sum());
        List<Receiver.Event> events = receiver.events();
        long distinct = events.stream().map(Receiver.Event::messageId).distinct().count();
        traffic.put("events received, each once", distinct);
        traffic.put("events published again, with the same MessageId", events.size() - distinct);
        traffic.put("starts of workers", stations.stream().mapToLong(station -> station.worker().starts()).sum());
        traffic.put("failed starts while database or bus was unavailable", stations.stream().mapToLong(station -> station.worker().endedByItself()).sum());
        return traffic;
    }

    private List<String> linesWith(String... texts) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> logs = Files.list(options.directory())) {
            for (Path log : logs.filter(file -> file.getFileName().toString().matches("worker-.*\\.log")).toList()) {
                try (Stream<String> all = Files.lines(log)) {
                    all.filter(line -> Stream.of(texts).anyMatch(line::contains)).forEach(line -> lines.add(log.getFileName() + ": " + line));
                }
            }
        }
        return lines;
    }
}
