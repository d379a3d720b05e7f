package bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.springframework.jdbc.core.JdbcTemplate;

/** Handles the same orders with JDBC alone: no broker, no framework. */
final class JdbcYardstick {

    private static final String INBOX = "INSERT INTO inbox (message_id, message_type, content_hash, processed_at) "
        + "VALUES (?, 'OrderCreated', sha256(convert_to(?, 'UTF8')), now()) ON CONFLICT (message_id) DO NOTHING";

    /** How orders are written. */
    enum Shape {
        STATEMENTS("plain JDBC, one statement per step, one commit per order, 8 connections", 8, 1),
        FUNCTION("plain JDBC, reserve_inventory and a commit per order, 8 connections", 8, 1),
        BATCH_50("set-based SQL alone, reserve_inventory for 50 orders, one connection", 1, 50),
        BATCH_200("set-based SQL alone, reserve_inventory for 200 orders, one connection", 1, 200);

        private final String title;
        private final int connections;
        private final int batch;

        Shape(String title, int connections, int batch) {
            this.title = title;
            this.connections = connections;
            this.batch = batch;
        }

        String title() {
            return title;
        }
    }

    /** The most connections that a shape uses. */
    static final int CONNECTIONS = 8;

    private final BenchDatabase database;

    JdbcYardstick(BenchDatabase database) {
        this.database = database;
    }

    Measured measure(Shape shape, Workload workload, int orders) throws Exception {
        database.prepare(new JdbcTemplate(database.yardstick()), workload);
        String run = "yardstick";
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(shape.connections);
        Map<String, ProcessHandle> processes = new LinkedHashMap<>();
        processes.put("PostgreSQL", database.process());
        CpuTime cpu = CpuTime.from(processes);
        long begin = System.nanoTime();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < shape.connections; i++) {
            all.add(threads.submit(() -> {
                try (Connection connection = database.yardstick().getConnection()) {
                    connection.setAutoCommit(false);
                    for (int first = next.getAndAdd(shape.batch); first < orders; first = next.getAndAdd(shape.batch)) {
                        int number = first;
                        switch (shape) {
                            case STATEMENTS -> statements(connection, workload, run, number);
                            case FUNCTION -> function(connection, workload, run, List.of(number));
                            case BATCH_50, BATCH_200 -> function(connection, workload, run,
                                IntStream.range(number, Math.min(number + shape.batch, orders)).boxed().toList());
                        }
                        connection.commit();
                    }
                }
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        threads.shutdown();
        Integer reserved = new JdbcTemplate(database.yardstick()).queryForObject("SELECT count(*) FROM outbox WHERE published_at IS NULL", Integer.class);
        if (reserved != orders * workload.eventsOfAnOrder()) {
            throw new IllegalStateException(shape + ", " + workload + ": " + reserved + " events of " + orders + " orders");
        }
        return new Measured(orders, seconds, cpu.per(orders));
    }

    private static void statements(Connection connection, Workload workload, String run, int number) throws SQLException {
        String orderId = Workload.orderId(run, number);
        UUID messageId = UUID.randomUUID();
        update(connection, INBOX, messageId, workload.order(run, number));
        for (String product : workload.products(number).stream().sorted().toList()) {
            int available;
            try (PreparedStatement select = statement(connection, "SELECT available_stock FROM inventory WHERE product_id = ? FOR UPDATE", product);
                    ResultSet row = select.executeQuery()) {
                row.next();
                available = row.getInt(1);
            }
            update(connection, "UPDATE inventory SET available_stock = available_stock - ?, reserved_stock = reserved_stock + ?, "
                + "last_updated = now(), version = version + 1 WHERE product_id = ?", 1, 1, product);
            update(connection, "INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
                + "VALUES (?, ?, ?, ?, 'Reserved', now() + interval '15 minutes')", UUID.randomUUID().toString(), orderId, product, 1);
            update(connection, "INSERT INTO outbox (message_id, message_type, message_body, partition_key, correlation_id, causation_id) "
                + "VALUES (?, 'InventoryReserved', CAST(? AS jsonb), ?, ?, ?)", UUID.randomUUID(), "{\"orderId\":\"" + orderId
                + "\",\"productId\":\"" + product + "\",\"quantityReserved\":1,\"remainingStock\":" + (available - 1)
                + ",\"reservedAt\":\"2026-01-01T00:00:00.000000Z\"}", orderId, orderId, messageId.toString());
        }
    }

    /** Inserts the inbox rows of a batch, then calls the worker's own function for the whole batch. */
    private static void function(Connection connection, Workload workload, String run, List<Integer> numbers) throws SQLException {
        List<UUID> ids = numbers.stream().map(number -> UUID.randomUUID()).toList();
        List<String> orders = numbers.stream().map(number -> workload.order(run, number)).toList();
        if (numbers.size() == 1) {
            update(connection, INBOX, ids.get(0), orders.get(0));
        } else {
            update(connection, "INSERT INTO inbox (message_id, message_type, content_hash, processed_at) "
                + "SELECT id, 'OrderCreated', sha256(convert_to(body, 'UTF8')), now() FROM unnest(?, CAST(? AS text[])) AS message (id, body) "
                + "ON CONFLICT (message_id) DO NOTHING",
                connection.createArrayOf("uuid", ids.toArray()), connection.createArrayOf("text", orders.toArray()));
        }
        Object[] correlationIds = numbers.stream().map(number -> Workload.orderId(run, number)).toArray();
        try (PreparedStatement call = statement(connection,
                "SELECT outcome FROM reserve_inventory(?, ?, '{}', '{}', CAST(CAST(? AS text[]) AS jsonb[]), interval '15 minutes')",
                connection.createArrayOf("text", ids.toArray()), connection.createArrayOf("text", correlationIds),
                connection.createArrayOf("text", orders.toArray())); ResultSet rows = call.executeQuery()) {
            while (rows.next()) {
                if (!rows.getString(1).equals("Reserved")) {
                    throw new IllegalStateException(rows.getString(1));
                }
            }
        }
    }

    private static void update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = statement(connection, sql, parameters)) {
            statement.executeUpdate();
        }
    }

    /** A statement from the driver's cache, so that it is parsed only once. */
    private static PreparedStatement statement(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
