package ecommerce.inventory;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ExtractedJar;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.FileSystemResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import servicebus.EmbeddedServiceBus;

/**
 * Two versions of the worker on one database, as during a rollout: the newer one adds a column and a function next to the old one, which the
 * older one continues to call.
 */
class UpgradeIT {

    private static final int ORDERS = 50;
    private static final int STOCK = 100_000;
    private static final int TERMINATED = 143;

    private static final String MIGRATION = """
        ALTER TABLE inventory_orders ADD COLUMN reserved_by text NOT NULL DEFAULT 'older';

        -- As reserve_inventory, and remembers by which version.
        CREATE FUNCTION reserve_inventory_2(
                message_ids text[], correlation_ids text[], traceparents text[], tracestates text[], orders jsonb[], ttl interval)
            RETURNS TABLE (arrival bigint, outcome text, short_lines jsonb)
            LANGUAGE plpgsql
        AS $$
        BEGIN
            RETURN QUERY SELECT * FROM reserve_inventory(message_ids, correlation_ids, traceparents, tracestates, orders, ttl);
            UPDATE inventory_orders SET reserved_by = 'newer' WHERE order_id IN (SELECT o ->> 'orderId' FROM unnest(orders) AS o);
        END
        $$;
        """;

    /** Of its own, because roles belong to a server. */
    private final TestDatabase postgres = TestDatabase.start();
    private final EmbeddedServiceBus bus = Backend.startBus(null);
    private final ShopDriver shop = new ShopDriver(bus);
    private final JdbcTemplate jdbc = postgres.jdbc();
    private final Tables tables = new Tables(jdbc);
    private final List<JavaProcess> processes = new ArrayList<>();
    @TempDir
    private Path directory;
    private Path older;
    private Path newer;
    private int sent;

    @BeforeEach
    void unpack() throws Exception {
        Path jar = Path.of(System.getProperty("worker.jar"));
        older = ExtractedJar.of(jar, directory);
        // Next to the older one, as its libraries are found from there.
        newer = Files.copy(older, directory.resolve("newer.jar"));
        try (FileSystem files = FileSystems.newFileSystem(newer)) {
            Files.writeString(files.getPath("db/migration/V1000__reserved_by.sql"), MIGRATION);
            edit(files.getPath("routes/handlers/reserve-inventory.sql"), " reserve_inventory\\(", " reserve_inventory_2(");
        }
        new ResourceDatabasePopulator(new FileSystemResource("k8s/database/roles.sql")).execute(jdbc.getDataSource());
    }

    private static void edit(Path file, String pattern, String replacement) throws IOException {
        String text = Files.readString(file);
        String edited = text.replaceAll(pattern, replacement);
        assertThat(edited).isNotEqualTo(text);
        Files.writeString(file, edited);
    }

    @AfterEach
    void stop() throws IOException {
        processes.forEach(JavaProcess::close);
        shop.destroy();
        postgres.close();
    }

    @Test
    void olderAndNewerWorkerHandleOrdersTogetherAndTheOlderOneMayRestart() throws Exception {
        migrate(older);
        tables.stock("a", STOCK);
        JavaProcess old = startWorker(older);
        sendOrders();

        JavaProcess wait = start(newer, MigrateDatabase.class, "--wait", "--spring.datasource.username=inventory_worker");
        await().until(() -> wait.output().contains("Waiting for the migration of the tables"));
        sendOrders();
        migrate(newer);
        assertThat(wait.exitCode()).as(wait.output()).isZero();

        JavaProcess young = startWorker(newer);
        sendOrders();
        assertThat(old.end("TERM")).as(old.output()).isEqualTo(TERMINATED);
        long byOlder = reservedBy("older");
        JavaProcess restarted = startWorker(older);
        await().atMost(Duration.ofMinutes(3)).until(() -> {
            sendOrders();
            shop.awaitQuiet(tables);
            return reservedBy("newer") > 0 && reservedBy("older") > byOlder;
        });

        assertThat(restarted.end("TERM")).as(restarted.output()).isEqualTo(TERMINATED);
        sendOrders();
        shop.awaitQuiet(tables);
        assertThat(young.end("TERM")).as(young.output()).isEqualTo(TERMINATED);
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(sent);
        assertThat(shop.events()).extracting(event -> event.messageId()).doesNotHaveDuplicates().hasSize(sent);
        assertThat(tables.stockOf("a")).startsWith(STOCK - sent + " available, " + sent + " reserved");
        new Invariants(jdbc).assertHold();
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(processes).allSatisfy(process -> assertThat(process.output()).doesNotContain(" ERROR "));
    }

    /** Returns before they are handled, so that what comes next happens meanwhile. */
    private void sendOrders() {
        shop.send(IntStream.range(sent, sent += ORDERS).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new));
    }

    private long reservedBy(String version) {
        return tables.count("inventory_orders WHERE reserved_by = '" + version + "'");
    }

    private void migrate(Path jar) throws Exception {
        JavaProcess migration = start(jar, MigrateDatabase.class, "--spring.datasource.username=inventory_migration",
            "--spring.flyway.locations=classpath:db/migration,classpath:db/roles");
        assertThat(migration.exitCode()).as(migration.output()).isZero();
    }

    private JavaProcess startWorker(Path jar) throws IOException {
        JavaProcess worker = start(jar, InventoryWorker.class, "--spring.datasource.username=inventory_worker", "--inventory.database.migrate-at-start=false",
            "--server.port=0", "--management.server.port=0", "--inventory.servicebus.connection-string=" + bus.connectionString());
        await().atMost(Duration.ofMinutes(3)).failFast(() -> assertThat(worker.handle().isAlive()).as(worker.output()).isTrue())
            .until(() -> worker.output().contains("Started InventoryWorker"));
        return worker;
    }

    private JavaProcess start(Path jar, Class<?> main, String... settings) throws IOException {
        JavaProcess process = new JavaProcess(Stream.concat(JavaProcess.shortLived("-cp", jar.toString(), main.getName(),
            "--spring.datasource.url=" + postgres.url()).stream(), Stream.of(settings)).toList());
        processes.add(process);
        return process;
    }
}
