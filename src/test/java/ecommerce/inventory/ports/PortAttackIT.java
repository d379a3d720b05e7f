package ecommerce.inventory.ports;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Image;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.RawHttp;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.mock.env.MockEnvironment;
import servicebus.EmbeddedServiceBus;

/**
 * The jar, with the memory of the manifest, while both of its ports are misused and orders arrive. For a long run:
 * {@code -Dattack.seconds=60 -Dattack.orders=500}. The results are in {@code target/port-attacks.md}.
 */
class PortAttackIT {

    private static final int SECONDS = Integer.getInteger("attack.seconds", 1);
    private static final int ORDERS_PER_SECOND = Integer.getInteger("attack.orders", 50);
    private static final int CLIENTS = 48;
    private static final long MEMORY = 768L << 20;
    private static final Path REPORT = Path.of("target/port-attacks.md");

    @TempDir
    private static Path temporary;
    private static EmbeddedServiceBus bus;
    private static ShopDriver shop;
    private static Tables tables;
    private static JavaProcess worker;
    private static int port;
    private static int managementPort;
    private static ManagementPort management;
    private static long files;
    private static final AtomicInteger SENT = new AtomicInteger();

    private final Set<RawHttp> opened = ConcurrentHashMap.newKeySet();
    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    private final ScheduledExecutorService orders = Executors.newScheduledThreadPool(2);

    @BeforeAll
    static void startTheJar() throws IOException {
        String database = Backend.createDatabase();
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        JdbcTemplate jdbc = new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build());
        tables = new Tables(jdbc);
        port = freePort();
        managementPort = freePort();
        List<String> arguments = new ArrayList<>(Image.jvmOptions());
        arguments.addAll(List.of("-XX:MaxRAM=" + MEMORY, "-Djava.io.tmpdir=" + temporary, "-jar", System.getProperty("worker.jar"),
            "--spring.datasource.url=" + database, "--spring.datasource.username=postgres", "--server.port=" + port,
            "--management.server.port=" + managementPort, "--inventory.operator.token=a-token-of-at-least-32-characters",
            "--inventory.servicebus.connection-string=" + bus.connectionString()));
        worker = new JavaProcess(arguments);
        management = new ManagementPort(new MockEnvironment().withProperty("local.management.port", String.valueOf(managementPort)));
        await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT repeat('p', 100) || i, 1000000 FROM generate_series(1, 20000) AS i");
        tables.stock("a", 1_000_000_000);
        // Warms up the worker, so that the first attack can be compared with the others.
        for (int i = 0; i < SECONDS; i++) {
            send(ORDERS_PER_SECOND);
        }
        await().atMost(Duration.ofMinutes(3)).untilAsserted(() -> assertThat(handled()).isEqualTo(SENT.get()));
        files = files();
        Files.writeString(REPORT, "| attack | seconds | attempts | answers | orders sent | handled meanwhile | heap at most, MiB | resident, MiB "
            + "| files |\n|---|---|---|---|---|---|---|---|---|\n");
    }

    @AfterAll
    static void stop() throws IOException {
        worker.close();
        shop.destroy();
    }

    @AfterEach
    void end() {
        // Lets a running send finish: otherwise it would count without being sent.
        orders.shutdown();
        await().until(orders::isTerminated);
        clients.shutdownNow();
        await().until(() -> {
            opened.forEach(RawHttp::close);
            return clients.isTerminated();
        });
    }

    @ParameterizedTest
    @EnumSource
    void costsTheOrdersNothingAndLeavesNothing(PortAttack attack) throws Exception {
        int before = SENT.get();
        long handledBefore = handled();
        Map<Integer, AtomicInteger> answers = new ConcurrentSkipListMap<>();
        AtomicLong heap = new AtomicLong();
        AtomicInteger attempts = new AtomicInteger();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        orders.scheduleAtFixedRate(() -> send(Math.max(1, ORDERS_PER_SECOND / 10)), 0, 100, TimeUnit.MILLISECONDS);
        orders.scheduleWithFixedDelay(() -> heap.accumulateAndGet(heap(), Math::max), 0, 500, TimeUnit.MILLISECONDS);
        IntStream.range(0, attack == PortAttack.NONE ? 0 : CLIENTS).forEach(client -> clients.execute(() -> {
            while (System.nanoTime() < end && !clients.isShutdown()) {
                int number = attempts.getAndIncrement();
                // From two addresses, to both ports by turns.
                int status = attack.once("127.0.0." + (2 + client % 2), number % 2 == 0 ? port : managementPort, number, opened);
                answers.computeIfAbsent(status, any -> new AtomicInteger()).incrementAndGet();
            }
        }));
        await().atMost(Duration.ofSeconds(SECONDS + 60)).until(() -> System.nanoTime() > end);

        assertThat(worker.handle().isAlive()).as(worker.output()).isTrue();
        // Two attackers with the most requests per address use up the port's limit: then it answers 503, and the client retries.
        await().untilAsserted(() -> assertThat(page("127.0.0.1", port)).as("the page for another address, during the attack").isEqualTo(200));
        assertThat(management.get("health/readiness").statusCode()).as("the probes, during the attack").isEqualTo(200);
        long handled = handled() - handledBefore;
        end();
        int sent = SENT.get() - before;
        await().untilAsserted(() -> assertThat(handled()).as("orders").isEqualTo(SENT.get()));
        await().untilAsserted(() -> {
            for (String attacker : List.of("127.0.0.2", "127.0.0.3")) {
                assertThat(page(attacker, port)).as("%s is answered again", attacker).isEqualTo(200);
                assertThat(page(attacker, managementPort)).as("the same on the other port").isEqualTo(404);
            }
            assertThat(files()).as("files").isEqualTo(files);
        });
        long resident = worker.memory("VmRSS").orElse(0);
        assertThat(resident).as("memory of the process").isLessThan(MEMORY);
        assertThat(worker.output()).doesNotContain("OutOfMemoryError", " ERROR ");
        Files.writeString(REPORT, "| %s | %d | %d | %s | %d | %d | %d | %d | %d |%n".formatted(attack, SECONDS, attempts.get(), new TreeMap<>(answers), sent,
            handled, heap.get() >> 20, resident >> 20, files()), StandardOpenOption.APPEND);
    }

    private static void send(int count) {
        int first = SENT.getAndAdd(count);
        shop.send(IntStream.range(first, first + count).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new));
    }

    private static long handled() {
        return tables.count("inventory_orders WHERE status = 'Reserved'");
    }

    /** Scraped from an address of its own, as Prometheus does. */
    private static long heap() {
        return (long) management.sample("jvm_memory_used_bytes", "area=\"heap\"");
    }

    private static int page(String from, int port) throws IOException {
        try (RawHttp client = new RawHttp(from, port)) {
            return client.send("GET / HTTP/1.1\nHost: localhost\n\n").status();
        }
    }

    private static long files() throws IOException {
        try (Stream<Path> all = Files.walk(temporary)) {
            return all.filter(Files::isRegularFile).count();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
