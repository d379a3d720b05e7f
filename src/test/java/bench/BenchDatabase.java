package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;

import com.zaxxer.hikari.HikariDataSource;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** PostgreSQL with its durable defaults and two databases with the worker's tables: one for the worker, one for the JDBC yardstick. */
final class BenchDatabase implements AutoCloseable {

    private static final List<String> SETTINGS = List.of("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method",
        "shared_buffers");

    private final int before;
    private final TestDatabase server;
    private final HikariDataSource worker;
    private final HikariDataSource yardstick;

    /** @param before finished orders that the tables hold when a measurement begins */
    BenchDatabase(int before, int yardstickConnections) throws IOException {
        this.before = before;
        server = TestDatabase.start();
        worker = pool("worker", 2);
        yardstick = pool("yardstick", yardstickConnections);
        if (!show("fsync").equals("on") || !show("synchronous_commit").equals("on")) {
            throw new IllegalStateException("PostgreSQL is not durable: " + settings());
        }
    }

    private HikariDataSource pool(String name, int size) {
        String url = server.create(name);
        TestDatabase.migrate(url);
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername("postgres");
        pool.setMaximumPoolSize(size);
        return pool;
    }

    String workerUrl() {
        return worker.getJdbcUrl();
    }

    JdbcTemplate worker() {
        return new JdbcTemplate(worker);
    }

    HikariDataSource yardstick() {
        return yardstick;
    }

    /** PostgreSQL's version and durability settings, as it reports them. */
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

    /** Empties all tables except for a few finished orders, and inserts the stock of a workload. */
    void prepare(JdbcTemplate jdbc, Workload workload) {
        new Tables(jdbc).clear();
        jdbc.update("INSERT INTO inventory (product_id, available_stock) SELECT 'product-' || i, ? FROM generate_series(0, ? - 1) AS i",
            workload.stock(), workload.products());
        // Otherwise PostgreSQL plans statements for empty tables, which no shop has for long.
        fillFinished(jdbc, "before", before);
    }

    /** Adds finished orders, each with its message, its reservation and its event. */
    static void fillFinished(JdbcTemplate jdbc, String run, int rows) {
        fill(jdbc, run, rows, "NULL, now(), NULL, NULL, NULL", "now(), NULL");
    }

    /** Adds parked messages and events that the broker has refused, all of which are due tomorrow. */
    static void fillUnfinished(JdbcTemplate jdbc, String run, int rows) {
        fill(jdbc, run, rows, "jsonb_build_object('orderId', order_id, 'items', items), NULL, now() + interval '1 day', 'order/' || order_id, "
            + "nextval('inbox_parked_sequence')", "NULL, now() + interval '1 day'");
    }

    /**
     * @param inbox  message_body, processed_at, next_retry_at, partition_key and parked_sequence
     * @param outbox published_at and next_retry_at
     */
    private static void fill(JdbcTemplate jdbc, String run, int rows, String inbox, String outbox) {
        String orders = " FROM generate_series(1, " + rows + ") AS i, LATERAL (SELECT '" + run + "-' || i AS order_id, 'product-' || i % 1000 "
            + "AS product_id, jsonb_build_array(jsonb_build_object('productId', 'product-' || i % 1000, 'quantity', 1)) AS items) AS o";
        jdbc.execute((ConnectionCallback<Void>) connection -> {
            try (Statement statement = connection.createStatement()) {
                // Disables the triggers: the read model already contains these events.
                statement.execute("SET session_replication_role = replica");
                statement.execute("INSERT INTO inventory_orders (order_id, status, items, correlation_id) "
                    + "SELECT order_id, 'Committed', items, order_id" + orders);
                statement.execute("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, "
                    + "expires_at) SELECT gen_random_uuid(), order_id, product_id, 1, 'Committed', now()" + orders);
                statement.execute("INSERT INTO inbox (message_id, message_type, content_hash, message_body, processed_at, next_retry_at, "
                    + "partition_key, parked_sequence) SELECT gen_random_uuid(), 'OrderCreated', sha256(CAST(order_id AS bytea)), " + inbox + orders);
                statement.execute("INSERT INTO outbox (message_id, message_type, message_body, partition_key, correlation_id, published_at, "
                    + "next_retry_at) SELECT gen_random_uuid(), 'InventoryReserved', jsonb_build_object('orderId', order_id, 'productId', "
                    + "product_id, 'quantityReserved', 1, 'remainingStock', 1), order_id, order_id, " + outbox + orders);
                statement.execute("SET session_replication_role = DEFAULT");
            }
            return null;
        });
        jdbc.execute("VACUUM ANALYZE");
        // Otherwise PostgreSQL would write these pages to disk during a measurement.
        jdbc.execute("CHECKPOINT");
    }

    @Override
    public void close() throws IOException {
        worker.close();
        yardstick.close();
        server.close();
    }
}
