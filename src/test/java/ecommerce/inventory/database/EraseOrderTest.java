package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** {@code refuse-erasure.sql} and {@code erase-order.sql}: what remains of an erased order, and when an erasure is refused. */
@DatabaseTest
class EraseOrderTest {

    private static final String ORDER = "order-1";

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    /** Two orders, and a product with the id of one of them; all events are published. */
    @BeforeEach
    void aPaidOrder() {
        tables.stock("a", 10);
        tables.stock(ORDER, 10);
        reserve(ORDER);
        run("order-paid", body(ORDER));
        run("commit-inventory", body(ORDER));
        reserve("order-2");
        run("restock-inventory", "{\"productId\": \"" + ORDER + "\", \"quantityToAdd\": 5}");
        jdbc.update("UPDATE outbox SET published_at = now()");
    }

    @Test
    void anOrderGetsAnIdThatNamesNobodyAndEveryUnitStaysAccountedFor() {
        new Invariants(jdbc).assertHold();
        inbox(ORDER, "dead_at");
        inbox("order-2", "dead_at");
        inbox(ORDER, "processed_at");

        assertThat(refusal()).isNull();
        assertThat(erase()).isEqualTo(Map.of("orders", 1L, "reservations", 2L, "events", 4L, "deadMessages", 1L));

        assertThat(tables.count("inventory_orders WHERE order_id = 'order-1' OR correlation_id = 'of order-1' AND order_id <> 'order-2'")).isZero();
        assertThat(tables.count("inventory_reservations WHERE order_id = 'order-1'")).isZero();
        assertThat(tables.count("outbox WHERE message_body ->> 'orderId' = 'order-1'")).isZero();
        assertThat(tables.count("inbox AS t WHERE CAST(to_jsonb(t) AS text) LIKE '%order-1%'")).isZero();
        Map<String, Object> order = tables.row("SELECT order_id, status, correlation_id FROM inventory_orders WHERE order_id LIKE 'erased-%'");
        assertThat(order).containsEntry("status", "Committed").containsEntry("correlation_id", null);
        assertThat(tables.count("outbox WHERE partition_key = '" + order.get("order_id") + "' AND message_body ->> 'orderId' = partition_key "
            + "AND correlation_id IS NULL AND causation_id IS NULL")).isEqualTo(4);
        assertThat(jdbc.queryForList("SELECT partition_key FROM inbox WHERE dead_at IS NOT NULL", String.class)).containsExactly("order/order-2");
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("known as a duplicate").isEqualTo(1);
        new Invariants(jdbc).assertHold();
        tables.run("fold-summary", "batchSize", 100);
        new Invariants(jdbc).assertUnitsAdd();
        new Invariants(jdbc).assertSummaryFollows();
    }

    @Test
    void nothingOfAnotherOrderOrOfAProductOfThatNameIsChanged() {
        String others = "SELECT (SELECT string_agg(CAST(o AS text), '|') FROM inventory_orders AS o WHERE order_id = 'order-2') "
            + "|| (SELECT string_agg(CAST(r AS text), '|') FROM inventory_reservations AS r WHERE order_id = 'order-2') "
            + "|| (SELECT string_agg(CAST(e AS text), '|' ORDER BY sequence) FROM outbox AS e WHERE message_body ->> 'orderId' = 'order-2' "
            + "OR message_type = 'InventoryRestocked')";
        String before = jdbc.queryForObject(others, String.class);

        erase();

        assertThat(jdbc.queryForObject(others, String.class)).isEqualTo(before).contains("InventoryRestocked");
    }

    @Test
    void twiceIsNothingMore() {
        erase();

        assertThat(refusal()).isNull();
        assertThat(erase()).isEqualTo(Map.of("orders", 0L, "reservations", 0L, "events", 0L, "deadMessages", 0L));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        UPDATE inventory_reservations SET status = 'Reserved' WHERE order_id = 'order-1' | orderId: the order holds a reservation; it can be erased when that is paid, cancelled or expired
        UPDATE outbox SET published_at = NULL WHERE message_body ->> 'orderId' = 'order-1' | orderId: an event of the order is not published yet; it can be erased when it is
        UPDATE outbox SET published_at = NULL WHERE message_type = 'InventoryRestocked' |
        UPDATE inventory_reservations SET status = 'Reserved' WHERE order_id = 'order-2' |
        """)
    void whatIsNotFinishedIsNotErased(String unfinished, String refusal) {
        jdbc.update(unfinished);

        assertThat(refusal()).isEqualTo(refusal);
    }

    @Test
    void anOrderWithAParkedMessageIsNotErased() {
        inbox("order-2", "next_retry_at");
        assertThat(refusal()).isNull();
        inbox(ORDER, "next_retry_at");

        assertThat(refusal()).isEqualTo("orderId: a message of the order is parked; it can be erased when that is handled or dead");
    }

    private String refusal() {
        return (String) tables.run("refuse-erasure", "orderId", ORDER).get(0).get("refusal");
    }

    private Map<String, Object> erase() {
        return tables.run("erase-order", "orderId", ORDER).get(0);
    }

    /** Inserts a parked message of an order. */
    private void inbox(String orderId, String moment) {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, partition_key, source_message_id, correlation_id, error_message, "
            + moment + ") VALUES (gen_random_uuid(), 'OrderCancelled', CAST(? AS jsonb), ?, ?, ?, ?, now())",
            moment.equals("processed_at") ? null : body(orderId), "order/" + orderId, orderId, orderId, "of " + orderId);
    }

    private void reserve(String orderId) {
        Map<String, Object> order = Tables.columns(parameters("{\"orderId\": \"" + orderId
            + "\", \"items\": [{\"productId\": \"a\", \"quantity\": 2}, {\"productId\": \"order-1\", \"quantity\": 1}]}"));
        order.put("reservationTtl", "900");
        assertThat(tables.run("reserve-inventory", order)).extracting(row -> row.get("outcome")).isEqualTo(List.of("Reserved"));
    }

    private void run(String statement, String body) {
        tables.run(statement, parameters(body));
    }

    private static String body(String orderId) {
        return "{\"orderId\": \"" + orderId + "\"}";
    }

    private static Map<String, Object> parameters(String body) {
        Map<String, Object> parameters = new HashMap<>(Map.of("messageId", UUID.randomUUID(), "sourceMessageId", ORDER,
            "correlationId", "of " + ORDER, "messageBody", body));
        parameters.put("traceparent", null);
        parameters.put("tracestate", null);
        return parameters;
    }
}
