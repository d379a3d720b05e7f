package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ecommerce.inventory.inbox.ToColumns;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.ColumnMapRowMapper;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCallback;
import org.springframework.jdbc.core.RowMapperResultSetExtractor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.util.DigestUtils;

/** The database access of a test. */
public class Tables {

    private static final String LOCK_TIMEOUT = "55P03";

    private final JdbcTemplate jdbc;

    public Tables(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Empties all tables. The worker's transactions may lock them in another order, or for long; this is retried. */
    public void clear() {
        Waiting.await().ignoreExceptionsMatching(e -> e instanceof PessimisticLockingFailureException
            || e.getCause() instanceof SQLException cause && LOCK_TIMEOUT.equals(cause.getSQLState())).until(() -> {
            truncate();
            return true;
        });
    }

    private void truncate() {
        jdbc.execute("TRUNCATE inventory, inventory_orders, inventory_reservations, inbox, outbox, outbox_unprojected, "
            + "inventory_summary, inventory_summary_archive, message_replays, operator_actions, stock_changes");
    }

    public void stock(String productId, int available) {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES (?, ?)", productId, available);
    }

    /** @param from a table, with a WHERE clause if need be */
    public long count(String from) {
        return jdbc.queryForObject("SELECT count(*) FROM " + from, Long.class);
    }

    /** The names of all tables that contain a text in any row. */
    public List<String> containing(String text) {
        return jdbc.queryForList("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
                String.class).stream()
            .filter(table -> jdbc.queryForObject("SELECT EXISTS (SELECT FROM " + table + " AS t WHERE t::text LIKE ?)", Boolean.class, "%" + text + "%"))
            .toList();
    }

    public Map<String, Object> row(String sql, Object... parameters) {
        return jdbc.queryForMap(sql, parameters);
    }

    public List<Map<String, Object>> rows(String sql, Object... parameters) {
        return jdbc.queryForList(sql, parameters);
    }

    /**
     * Runs a statement of the worker.
     *
     * @param name       of its file, without folder and extension
     * @param parameters by name
     * @return           its rows; empty if it returns none
     */
    public List<Map<String, Object>> run(String name, Map<String, Object> parameters) {
        return run(name, parameters, statement -> statement.execute()
            ? new RowMapperResultSetExtractor<>(new ColumnMapRowMapper()).extractData(statement.getResultSet()) : List.of());
    }

    /**
     * Runs a statement of the worker in the current transaction, and returns the execution plans of the statement and of those in functions
     * that it calls, with actual rows and blocks, as from EXPLAIN.
     */
    public String plans(String name, Map<String, Object> parameters) {
        jdbc.execute("LOAD 'auto_explain'; SET LOCAL auto_explain.log_min_duration = 0; SET LOCAL auto_explain.log_nested_statements = on; "
            + "SET LOCAL auto_explain.log_analyze = on; SET LOCAL auto_explain.log_buffers = on; "
            + "SET LOCAL log_min_messages = panic; SET LOCAL client_min_messages = log");
        return run(name, parameters, statement -> {
            statement.execute();
            try (Statement next = statement.getConnection().createStatement()) {
                // The plan of a query is logged when the query ends, which the next statement causes.
                next.execute("SET LOCAL client_min_messages = warning");
                return Stream.of(statement.getWarnings(), next.getWarnings()).filter(Objects::nonNull)
                    .flatMap(first -> Stream.iterate(first, Objects::nonNull, SQLWarning::getNextWarning))
                    .map(SQLWarning::getMessage).collect(Collectors.joining("\n"));
            }
        });
    }

    private <T> T run(String name, Map<String, Object> parameters, PreparedStatementCallback<T> how) {
        String sql;
        try {
            Resource[] files = new PathMatchingResourcePatternResolver().getResources("classpath*:routes/*/" + name + ".sql");
            assertThat(files).as(name).hasSize(1);
            sql = files[0].getContentAsString(StandardCharsets.UTF_8).replace(":#", ":");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new NamedParameterJdbcTemplate(jdbc).execute(sql, parameters, how);
    }

    /** A normalised message without correlation id, trace and time, which a test may add. */
    public static Map<String, Object> message(UUID id, String type, String partitionKey, String body) {
        Map<String, Object> message = new HashMap<>(Map.of("messageId", id, "sourceMessageId", "the-sender's-id", "messageType", type,
            "messageBody", body, "contentHash", DigestUtils.md5DigestAsHex(body.getBytes(StandardCharsets.UTF_8)), "partitionKey", partitionKey));
        message.put("correlationId", null);
        message.put("traceparent", null);
        message.put("tracestate", null);
        message.put("enqueuedAt", null);
        return message;
    }

    /** The parameters of one message, for a statement that takes several; a test may add more. */
    public static Map<String, Object> columns(Map<String, Object> message) {
        return new HashMap<>(ToColumns.of(List.of(message)));
    }

    /** Runs a statement of the worker without parameters. */
    public List<Map<String, Object>> run(String name) {
        return run(name, Map.of());
    }

    /** Runs a statement of the worker with one parameter. */
    public List<Map<String, Object>> run(String name, String parameter, Object value) {
        return run(name, Map.of(parameter, value));
    }

    /** Available, reserved and version of a product, as {@code "98 available, 2 reserved, version 2"}. */
    public String stockOf(String productId) {
        return jdbc.queryForObject("SELECT format('%s available, %s reserved, version %s', available_stock, reserved_stock, version) "
            + "FROM inventory WHERE product_id = ?", String.class, productId);
    }

    /** The status of an order, or null. */
    public String statusOf(String orderId) {
        return jdbc.queryForList("SELECT status FROM inventory_orders WHERE order_id = ?", String.class, orderId)
            .stream().findFirst().orElse(null);
    }
}
