package ecommerce.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

import com.zaxxer.hikari.HikariDataSource;
import ecommerce.development.EmbeddedDatabase;
import ecommerce.inventory.support.Shop;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.flywaydb.core.Flyway;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/** PostgreSQL with its durable defaults: two databases of the worker's tables, of which no worker is connected to one. */
final class Database implements AutoCloseable {

    private static final List<String> SETTINGS = List.of("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method",
        "shared_buffers");

    private final EmbeddedPostgres server;
    private final HikariDataSource worker;
    private final HikariDataSource yardstick;

    Database(int yardstickConnections) throws IOException {
        server = EmbeddedDatabase.at(0).start();
        new JdbcTemplate(server.getPostgresDatabase()).execute("CREATE DATABASE worker");
        new JdbcTemplate(server.getPostgresDatabase()).execute("CREATE DATABASE yardstick");
        worker = pool("worker", 2);
        yardstick = pool("yardstick", yardstickConnections);
        Flyway.configure().dataSource(worker).load().migrate();
        Flyway.configure().dataSource(yardstick).load().migrate();
        if (!show("fsync").equals("on") || !show("synchronous_commit").equals("on")) {
            throw new IllegalStateException("PostgreSQL is not durable: " + settings());
        }
    }

    private HikariDataSource pool(String name, int size) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url(name));
        pool.setUsername("postgres");
        pool.setMaximumPoolSize(size);
        return pool;
    }

    private String url(String name) {
        return "jdbc:postgresql://localhost:" + server.getPort() + "/" + name;
    }

    String workerUrl() {
        return url("worker");
    }

    JdbcTemplate worker() {
        return new JdbcTemplate(worker);
    }

    HikariDataSource yardstick() {
        return yardstick;
    }

    /** What it runs with, as it says itself. */
    String settings() {
        return SETTINGS.stream().map(name -> name + " " + show(name)).collect(Collectors.joining(", "));
    }

    private String show(String setting) {
        return worker().queryForObject("SHOW " + setting, String.class);
    }

    ProcessHandle process() {
        try {
            String pid = Files.readAllLines(Path.of(show("data_directory"), "postmaster.pid")).get(0);
            return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empties all tables and puts the stock of a workload there. */
    static void prepare(JdbcTemplate jdbc, Workload workload) {
        // The worker's own transactions may lock them in another order.
        Shop.await().ignoreExceptionsInstanceOf(PessimisticLockingFailureException.class).until(() -> {
            jdbc.execute("TRUNCATE inventory, inventory_orders, inventory_reservations, inbox, outbox, outbox_unprojected, inventory_summary, "
                + "inventory_summary_archive, message_replays");
            return true;
        });
        stock(jdbc, workload);
        settle(jdbc);
    }

    private static void stock(JdbcTemplate jdbc, Workload workload) {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT 'product-' || i, ? FROM generate_series(0, ? - 1) AS i",
            workload.stock(), workload.products());
    }

    /** What was written before is not to be written out while something else is measured. */
    private static void settle(JdbcTemplate jdbc) {
        jdbc.execute("VACUUM ANALYZE");
        jdbc.execute("CHECKPOINT");
    }

    /** Adds orders that are over: each with its message, its reservation and its event, a day old. */
    void fill(int rows) {
        grow(rows, "now() - interval '1 day', NULL, NULL, NULL", "now() - interval '1 day', NULL");
    }

    /** Adds messages that are parked and events that the broker has refused, all of them to be tried again tomorrow. */
    void fillUnfinished(int rows) {
        grow(rows, "NULL, now() + interval '1 day', 'old-' || i, nextval('inbox_parked_sequence')", "NULL, now() + interval '1 day'");
    }

    private void grow(int rows, String inbox, String outbox) {
        try (var connection = worker.getConnection(); var statement = connection.createStatement()) {
            // No trigger makes work of them: they are in the read model already.
            statement.execute("SET session_replication_role = replica");
            statement.execute(("INSERT INTO inventory_orders (order_id, status, items, correlation_id) SELECT 'old-' || i, 'Committed', "
                + "jsonb_build_array(jsonb_build_object('productId', 'product-' || i %% 1000, 'quantity', 1)), 'old-' || i "
                + "FROM generate_series(1, %d) AS i").formatted(rows));
            statement.execute(("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
                + "SELECT gen_random_uuid(), 'old-' || i, 'product-' || i %% 1000, 1, 'Committed', now() FROM generate_series(1, %d) AS i")
                .formatted(rows));
            statement.execute(("INSERT INTO inbox (message_id, message_type, message_body, processed_at, next_retry_at, partition_key, "
                + "parked_sequence) SELECT gen_random_uuid(), 'OrderCreated', jsonb_build_object('orderId', 'old-' || i, 'customerId', i, "
                + "'items', jsonb_build_array(jsonb_build_object('productId', 'product-' || i %% 1000, 'quantity', 1))), " + inbox
                + " FROM generate_series(1, %d) AS i").formatted(rows));
            statement.execute(("INSERT INTO outbox (message_id, message_type, message_body, partition_key, correlation_id, published_at, "
                + "next_retry_at) SELECT gen_random_uuid(), 'InventoryReserved', jsonb_build_object('orderId', 'old-' || i, 'productId', "
                + "'product-' || i %% 1000, 'quantityReserved', 1, 'remainingStock', 1), 'old-' || i, 'old-' || i, " + outbox
                + " FROM generate_series(1, %d) AS i").formatted(rows));
            statement.execute("SET session_replication_role = DEFAULT");
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
        settle(worker());
    }

    @Override
    public void close() throws IOException {
        worker.close();
        yardstick.close();
        server.close();
    }
}
