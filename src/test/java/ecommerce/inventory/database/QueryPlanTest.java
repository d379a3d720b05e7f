package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import ecommerce.inventory.inbox.ToColumns;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Neither old rows nor a backlog slow the worker down. Each growing table has 200,000 finished rows, and 5,000 waiting rows that the
 * planner's statistics do not include yet. No statement scans a table, and each touches only as many blocks as the rows of its batch
 * need.
 */
@DatabaseTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QueryPlanTest {

    private static final int BATCH = 50;
    private static final String HASH = "00".repeat(32);
    private static final UUID PARKED = UUID.randomUUID();
    private static final UUID DEAD = UUID.randomUUID();
    private static final UUID UNPUBLISHED = UUID.randomUUID();
    /** The parameters of all statements. */
    private static final Map<String, Object> PARAMETERS = Map.of(
        "messageType", "OrderCreated",
        "sourceMessageId", "sent-1",
        "correlationId", "checkout-7",
        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate", "shop=1",
        "enqueuedAt", OffsetDateTime.now(),
        "batchSize", BATCH,
        "retention", "2592000");

    private static final Map<String, Object> EXPIRE = Map.of("since", "-infinity", "lockedProducts", "[]");

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private TransactionTemplate transaction;

    @BeforeAll
    void manyOldRowsAndABacklog() {
        jdbc.execute("""
            INSERT INTO inventory (product_id, available_stock, reserved_stock) SELECT 'product-' || n, 1000, 50 FROM generate_series(0, 99) AS n;

            INSERT INTO inventory_orders (order_id, status, items)
            SELECT 'old-' || n, CASE WHEN n % 2 = 0 THEN 'Committed' ELSE 'Expired' END, '[]' FROM generate_series(1, 200000) AS n;
            INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at)
            SELECT gen_random_uuid(), 'old-' || n, 'product-' || n % 100, 1, CASE WHEN n % 2 = 0 THEN 'Committed' ELSE 'Released' END,
                   now() - make_interval(mins => n)
            FROM generate_series(1, 200000) AS n;

            INSERT INTO inbox (message_id, message_type, content_hash, received_at, processed_at)
            SELECT gen_random_uuid(), 'OrderCreated', sha256(CAST('old-' || n AS bytea)), moment, moment
            FROM generate_series(1, 200000) AS n, LATERAL (SELECT now() - make_interval(mins => n)) AS m (moment);

            INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at, published_at)
            SELECT gen_random_uuid(), 'InventoryReserved', jsonb_build_object('orderId', 'old-' || n, 'productId', 'product-' || n % 100),
                   'old-' || n, moment, moment
            FROM generate_series(1, 200000) AS n, LATERAL (SELECT now() - make_interval(mins => n)) AS m (moment);
            TRUNCATE outbox_unprojected""");
        jdbc.execute("VACUUM ANALYZE");
        jdbc.execute("""
            INSERT INTO inventory_orders (order_id, status, items)
            SELECT 'new-' || n, 'Reserved', '[]' FROM generate_series(1, 5000) AS n;
            INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at)
            SELECT gen_random_uuid(), 'new-' || n, 'product-' || n % 100, 1, 'Reserved', now() FROM generate_series(1, 5000) AS n;
            INSERT INTO inbox (message_id, message_type, message_body, next_retry_at, partition_key, parked_sequence)
            SELECT gen_random_uuid(), 'OrderCreated', '{}', now(), 'new-' || n, n FROM generate_series(1, 5000) AS n;
            INSERT INTO outbox (message_id, message_type, message_body, partition_key)
            SELECT gen_random_uuid(), 'InventoryReserved', jsonb_build_object('productId', 'product-' || n % 100), 'new-' || n
            FROM generate_series(1, 5000) AS n""");
        jdbc.update("UPDATE inventory_orders SET status = 'Cancelled' WHERE order_id = 'new-2'");
        jdbc.update("UPDATE inbox SET message_id = ? WHERE partition_key = 'new-1'", PARKED);
        jdbc.update("UPDATE inbox SET message_id = ?, dead_at = now() WHERE partition_key = 'new-2'", DEAD);
        jdbc.update("UPDATE outbox SET message_id = ? WHERE partition_key = 'new-1000'", UNPUBLISHED);
    }

    static Stream<Arguments> statements() {
        return Stream.of(
            arguments("inbox-insert", 1, columns(UUID.randomUUID(), order("new-1"), "new-1")),
            arguments("inbox-insert", 1, columns(UUID.randomUUID(), order("unknown"))),
            arguments("inbox-known", 1, columns(PARKED, order("new-1"))),
            arguments("park-message", 1, Map.of("messageId", UUID.randomUUID(), "ownMessageId", UUID.randomUUID(), "messageBody", order("new-1"),
                "contentHash", HASH, "partitionKey", "new-1", "parkedDelay", 10.0, "maxAttempts", 10, "error", "no luck")),
            arguments("park-message-again", 1, Map.of("messageId", PARKED, "parkedDelay", 10.0, "parkedDelayMax", 900.0,
                "hopeless", false, "maxAttempts", 10, "error", "no luck", "retryCount", 0)),
            arguments("take-parked-message", 1, Map.of()),
            arguments("replay-dead-messages", 1, Map.of("messageId", DEAD.toString(), "replayedBy", "ada", "reason", "fixed")),
            arguments("reserve-inventory", 1, columns(UUID.randomUUID(), order("unknown"))),
            arguments("insufficient-inventory", 1, Map.of("messageBody", order("new-1"), "shortLines", "[{\"productId\": \"product-1\"}]")),
            arguments("order-paid", 1, Map.of("messageBody", order("new-1"))),
            arguments("order-again", 1, Map.of("messageBody", order("new-1"))),
            arguments("commit-inventory", 1, Map.of("messageBody", order("new-1"))),
            arguments("end-order", 1, Map.of("messageBody", order("new-1"), "event", "Cancelled")),
            arguments("release-inventory", 1, Map.of("orders", "[\"new-2\"]")),
            arguments("expire-orders", BATCH, EXPIRE),
            arguments("expire-orders", BATCH, Map.of("since", "-infinity", "lockedProducts", "[\"product-1\", \"product-2\"]")),
            arguments("locked-products-of-orders", 2, Map.of("orders", "[\"new-1\", \"new-2\"]", "lockedProducts", "[]")),
            arguments("claim-outbox", BATCH, Map.of()),
            arguments("mark-outbox-published", 1, Map.of("published", new UUID[] {UNPUBLISHED})),
            arguments("mark-outbox-failed", 1, Map.of("failed", new UUID[] {UNPUBLISHED}, "errors", new String[] {"no luck"}, "retryDelayMax", "300")),
            arguments("fold-summary", BATCH, Map.of()),
            arguments("purge-inbox", BATCH, Map.of()),
            arguments("purge-outbox", BATCH, Map.of()),
            arguments("purge-dead-messages", BATCH, Map.of()),
            arguments("lock-order", 1, Map.of("orderId", "old-2")),
            arguments("refuse-erasure", 1, Map.of("orderId", "old-2")),
            arguments("erase-order", 1, Map.of("orderId", "old-2")),
            arguments("query-dead-messages", BATCH, Map.of("limit", BATCH)),
            arguments("query-backlog", BATCH, Map.of("countLimit", BATCH, "deadLetters", "{}")),
            arguments("query-events", BATCH, Map.of("limit", BATCH)),
            arguments("query-order", 1, Map.of("orderId", "new-1")),
            arguments("query-order-events", BATCH, Map.of("orderId", "new-1", "after", 0, "limit", BATCH)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("statements")
    void costsWhatItsBatchTakes(String statement, int rows, Map<String, Object> parameters) {
        transaction.executeWithoutResult(status -> {
            status.setRollbackOnly();
            assertCost(status, statement, rows, parameters);
        });
    }

    @Test
    void aBacklogInAYoungOutboxIsClaimedAtTheSameCost() {
        transaction.executeWithoutResult(status -> {
            status.setRollbackOnly();
            jdbc.execute("""
                TRUNCATE outbox;
                INSERT INTO outbox (message_id, message_type, message_body, partition_key)
                SELECT gen_random_uuid(), 'InventoryReserved', '{}', 'new-' || n FROM generate_series(1, 100000) AS n;
                ANALYZE outbox""");
            assertCost(status, "claim-outbox", BATCH, Map.of());
        });
    }

    @Test
    void aBacklogOfExpiredOrdersThatThePlannerKnowsOfIsClaimedAtTheSameCost() {
        transaction.executeWithoutResult(status -> {
            status.setRollbackOnly();
            jdbc.execute("""
                DELETE FROM inventory_reservations;
                INSERT INTO inventory_orders (order_id, status, items)
                SELECT 'due-' || n, 'Reserved', '[]' FROM generate_series(1, 100000) AS n;
                INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at)
                SELECT gen_random_uuid(), 'due-' || n, 'product-' || n % 100, 1, 'Reserved', now() - make_interval(secs => n)
                FROM generate_series(1, 100000) AS n;
                ANALYZE inventory_orders, inventory_reservations""");
            assertCost(status, "expire-orders", BATCH, EXPIRE);
        });
    }

    @Test
    void eventsThatArePutOffAreNotPassedOnTheWayToANewOne() {
        transaction.executeWithoutResult(status -> {
            status.setRollbackOnly();
            jdbc.execute("""
                UPDATE outbox SET next_retry_at = now() + interval '1 day' WHERE published_at IS NULL;
                INSERT INTO outbox (message_id, message_type, message_body, partition_key)
                SELECT gen_random_uuid(), 'InventoryReserved', '{}', 'newer-' || n FROM generate_series(1, 10) AS n;
                UPDATE outbox SET next_retry_at = now() WHERE partition_key IN ('new-4000', 'new-4001')""");
            assertThat(tables.run("claim-outbox", "batchSize", BATCH)).as("ten new events and two due ones").hasSize(12);
            assertCost(status, "claim-outbox", 12, Map.of());
        });
    }

    @Test
    void parkedMessagesAreNotReadThroughForABatchOfNewOnes() {
        transaction.executeWithoutResult(status -> {
            status.setRollbackOnly();
            jdbc.execute("""
                TRUNCATE inbox;
                INSERT INTO inbox (message_id, message_type, message_body, next_retry_at, partition_key, parked_sequence)
                SELECT gen_random_uuid(), 'OrderCreated', '{}', now() + interval '1 day', 'old-' || n, n FROM generate_series(1, 100000) AS n;
                ANALYZE inbox""");
            assertCost(status, "inbox-insert", BATCH, new HashMap<>(ToColumns.of(
                Stream.generate(() -> message(UUID.randomUUID(), order("unknown"))).limit(BATCH).toList())));
        });
    }

    private void assertCost(TransactionStatus transaction, String statement, int rows, Map<String, Object> parameters) {
        Map<String, Object> all = new HashMap<>(PARAMETERS);
        all.putAll(parameters);
        all.put("lockWait", "900ms");
        // PostgreSQL may choose either mode for a prepared statement.
        for (String mode : List.of("force_custom_plan", "force_generic_plan")) {
            Object start = transaction.createSavepoint();
            jdbc.execute("SET LOCAL plan_cache_mode = " + mode);
            long before = blocksTouched();
            String plans = tables.plans(statement, all);
            long touched = blocksTouched() - before;
            transaction.rollbackToSavepoint(start);

            assertThat(plans).as(mode).contains("plan:")
                .doesNotContainPattern("Seq Scan on (inbox|outbox|inventory_orders|inventory_reservations)\\b");
            assertThat(touched).as("blocks touched by %s: %s", mode, plans).isBetween(1L, 22L * rows + 80);
        }
    }

    private long blocksTouched() {
        return jdbc.queryForObject("SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
            Long.class);
    }

    /** The parameters of a message, for a statement that takes several messages. */
    private static Map<String, Object> columns(UUID id, String body) {
        return columns(id, body, "unknown");
    }

    private static Map<String, Object> columns(UUID id, String body, String partitionKey) {
        Map<String, Object> message = message(id, body);
        message.put("partitionKey", partitionKey);
        Map<String, Object> columns = Tables.columns(message);
        columns.put("reservationTtl", "900");
        return columns;
    }

    private static Map<String, Object> message(UUID id, String body) {
        Map<String, Object> message = new HashMap<>(PARAMETERS);
        message.put("messageId", id);
        message.put("messageBody", body);
        message.put("contentHash", HASH);
        message.put("partitionKey", "unknown");
        return message;
    }

    private static String order(String orderId) {
        return "{\"orderId\": \"%s\", \"items\": [{\"productId\": \"product-1\", \"quantity\": 2}]}".formatted(orderId);
    }
}
