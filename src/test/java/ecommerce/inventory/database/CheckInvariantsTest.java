package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;

/** {@code check-invariants.sql}: the reports for consistent and inconsistent tables. */
@DatabaseTest
class CheckInvariantsTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    /** Two units of a are reserved; their event is not in the read model yet. */
    @BeforeEach
    void somethingIsHeld() {
        tables.stock("a", 10);
        tables.stock("b", 10);
        Map<String, Object> order = Tables.columns(parameters("messageBody",
            "{\"orderId\": \"1\", \"items\": [{\"productId\": \"a\", \"quantity\": 2}]}"));
        order.put("reservationTtl", "900");
        tables.run("reserve-inventory", order);
    }

    @Test
    void nothingIsToldOfTablesThatAddUpBeforeAndAfterTheReadModelHasTheEvent() {
        assertThat(check()).isEmpty();
        tables.run("fold-summary", "batchSize", 100);
        assertThat(check()).isEmpty();
    }

    @Test
    void nothingIsToldOfAChangeThatIsInFlight() {
        transaction.executeWithoutResult(status -> {
            jdbc.update("UPDATE inventory SET reserved_stock = 7");
            List<String> elsewhere = CompletableFuture.supplyAsync(this::check).join();
            assertThat(elsewhere).isEmpty();
            status.setRollbackOnly();
        });
    }

    @Test
    void reservedStockThatIsNotWhatReservationsHoldIsTold() {
        jdbc.update("UPDATE inventory SET reserved_stock = reserved_stock + 1");

        assertThat(check()).contains("reserved-stock a 3 2", "reserved-stock b 1 0");
    }

    @Test
    void aReservationThatWasLostIsTold() {
        jdbc.update("DELETE FROM inventory_reservations");

        assertThat(check()).containsExactly("reserved-stock a 2 0");
    }

    @Test
    void aReadModelThatDiffersIsTold() {
        tables.run("fold-summary", "batchSize", 100);
        jdbc.update("UPDATE inventory_summary SET total_reserved_quantity = 5");

        assertThat(check()).containsExactly("read-model a 5 2");
    }

    @Test
    void unitsThatCameOrWentWithoutAnEventAreTold() {
        jdbc.update("UPDATE inventory SET available_stock = available_stock + 4 WHERE product_id = 'a'");
        jdbc.update("UPDATE inventory SET available_stock = available_stock - 1 WHERE product_id = 'b'");

        assertThat(check()).as("by all units of the product").containsExactly("accounted-stock a 14 10", "accounted-stock b 9 10");
    }

    @Test
    void aHandThatHidesWhatItTakesInTheInitialStockIsReported() {
        jdbc.update("UPDATE inventory SET available_stock = 0, initial_stock = initial_stock - 10 WHERE product_id = 'b'");

        assertThat(check()).containsExactly("initial-stock b 0 10");
    }

    @Test
    void aProductWhoseInitialStockIsRecordedTwiceOrNotAtAllIsReported() {
        jdbc.update("INSERT INTO stock_changes (type, product_id, quantity) VALUES ('Initial', 'a', 0)");
        jdbc.update("DELETE FROM stock_changes WHERE product_id = 'b'");

        assertThat(check()).containsExactly("initial-stock-records a 2 1", "initial-stock-records b 0 1");
    }

    @Test
    void unitsAreAccountedForWhateverHappenedToThemBeforeAndAfterTheReadModelHasTheEvents() {
        run("restock-inventory", "{\"productId\": \"new\", \"quantityToAdd\": 7}");
        run("restock-inventory", "{\"productId\": \"a\", \"quantityToAdd\": 5}");
        run("adjust-inventory", "{\"productId\": \"b\", \"quantityChange\": -3, \"reason\": \"broken\"}");
        run("order-paid", "{\"orderId\": \"1\"}");
        run("commit-inventory", "{\"orderId\": \"1\"}");
        assertThat(units()).containsExactly("a 13 + 2 = 10 + 5", "b 7 + 0 = 10 + -3", "new 7 + 0 = 0 + 7");
        assertThat(check()).isEmpty();

        tables.run("fold-summary", "batchSize", 100);
        assertThat(check()).isEmpty();

        tables.run("end-order", Map.of("messageBody", "{\"orderId\": \"1\"}", "event", "Refunded"));
        tables.run("release-inventory", parameters("orders", "[\"1\"]"));
        assertThat(units()).contains("a 15 + 0 = 10 + 5");
        assertThat(check()).isEmpty();
    }

    @Test
    void aSaleThatTheReadModelHasLostIsTold() {
        run("order-paid", "{\"orderId\": \"1\"}");
        run("commit-inventory", "{\"orderId\": \"1\"}");
        tables.run("fold-summary", "batchSize", 100);
        jdbc.update("UPDATE inventory_summary SET total_committed_quantity = 0");

        assertThat(check()).containsExactly("accounted-stock a 8 10");
    }

    @Test
    void unitsOfAnOrderThatIsOverAreTold() {
        jdbc.update("UPDATE inventory_orders SET status = 'Cancelled'");

        assertThat(check()).containsExactly("order-status a 2 0");
    }

    @Test
    void whatIsOverIsNotLookedAt() throws Exception {
        jdbc.update("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
            + "SELECT 'r' || i, 'o' || i, 'a', 1, 'Released', now() FROM generate_series(1, 10000) AS i");
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, published_at) "
            + "SELECT gen_random_uuid(), 'InventoryReleased', '{\"productId\": \"b\", \"quantityReleased\": 1}', 'k', now() "
            + "FROM generate_series(1, 10000)");
        jdbc.update("INSERT INTO stock_changes (message_id, type, product_id, quantity) "
            + "SELECT gen_random_uuid(), 'RestockInventory', 'a', 1 FROM generate_series(1, 10000)");
        tables.run("fold-summary", "batchSize", 100000);
        jdbc.execute("VACUUM ANALYZE");

        List<String> plan = jdbc.queryForList(
            "EXPLAIN " + new ClassPathResource("routes/timers/check-invariants.sql").getContentAsString(StandardCharsets.UTF_8), String.class);

        assertThat(plan).noneMatch(line -> line.matches(".*Seq Scan on (inventory_reservations|outbox|stock_changes) .*"));
    }

    private void run(String statement, String messageBody) {
        tables.run(statement, parameters("messageBody", messageBody));
    }

    private static Map<String, Object> parameters(String name, Object value) {
        Map<String, Object> parameters = new HashMap<>(Map.of("messageId", UUID.randomUUID(), "sourceMessageId", "m", name, value));
        parameters.put("correlationId", null);
        parameters.put("traceparent", null);
        parameters.put("tracestate", null);
        return parameters;
    }

    /** For each product: in stock + committed = initial + received. */
    private List<String> units() {
        return jdbc.queryForList("SELECT format('%s %s + %s = %s + %s', product_id, total_stock, coalesce(committed, 0), initial_stock, "
            + "coalesce(received, 0)) FROM inventory LEFT JOIN inventory_units USING (product_id) ORDER BY product_id", String.class);
    }

    private List<String> check() {
        return tables.run("check-invariants").stream().map(CheckInvariantsTest::text).toList();
    }

    private static String text(Map<String, Object> row) {
        return row.get("invariant") + " " + row.get("subject") + " " + row.get("found") + " " + row.get("expected");
    }
}
