package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** Releases in batches: which orders expire, and the events of each. */
@DatabaseTest
class ReleaseInventoryTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @BeforeEach
    void threeOrders() {
        tables.stock("a", 10);
        tables.stock("b", 10);
        reserve("1", "a:1", "b:2");
        reserve("2", "a:3");
        reserve("3", "a:4");
        jdbc.update("DELETE FROM outbox");
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() WHERE order_id IN ('1', '2')");
    }

    @Test
    void ordersPastTheirTimeAreReleasedInOneBatchAndEachIsToldAsIfItWereAlone() {
        expire(100);

        assertThat(tables.stockOf("a")).as("two orders, one change").isEqualTo("6 available, 4 reserved, version 5");
        assertThat(tables.stockOf("b")).isEqualTo("10 available, 0 reserved, version 3");
        assertThat(published()).containsExactly("1 a 1 Expired 3", "1 b 2 Expired 10", "2 a 3 Expired 6");
        assertThat(List.of(tables.statusOf("1"), tables.statusOf("2"), tables.statusOf("3"))).containsExactly("Expired", "Expired", "Reserved");
    }

    @Test
    void aBatchTakesWholeOrdersTheOldestFirst() {
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '1 hour' WHERE order_id = '2'");
        // The update moves the older order to the end of the table.
        jdbc.update("UPDATE inventory_orders SET correlation_id = 'moved' WHERE order_id = '2'");

        assertThat(expire(1)).isEqualTo("[\"2\"]");
        assertThat(expire(1)).isEqualTo("[\"1\"]");
        assertThat(published()).as("all lines of the order").containsExactly("2 a 3 Expired 5", "1 a 1 Expired 6", "1 b 2 Expired 10");
        assertThat(expire(1)).isEqualTo("[]");
    }

    @Test
    void anOrderThatAPaymentHasInWorkIsLeftAlone() {
        transaction.executeWithoutResult(payment -> {
            jdbc.update("UPDATE inventory_orders SET status = 'Committed' WHERE order_id = '2'");
            transaction.executeWithoutResult(expiry -> assertThat(expire(100)).isEqualTo("[\"1\"]"));
        });

        assertThat(published()).containsExactly("1 a 1 Expired 3", "1 b 2 Expired 10");
    }

    @Test
    void anOldOrderThatIsLockedKeepsNoOtherOneWaiting() {
        overdueWithFiveLines("old");

        transaction.executeWithoutResult(payment -> {
            jdbc.update("UPDATE inventory_orders SET correlation_id = 'locked' WHERE order_id = 'old'");
            transaction.executeWithoutResult(expiry -> assertThat(expire(3)).isIn("[\"1\", \"2\"]", "[\"2\", \"1\"]"));
        });

        assertThat(expire(3)).isEqualTo("[\"old\"]");
    }

    @Test
    void norDoesOneThatIsNotReserved() {
        overdueWithFiveLines("paid");
        jdbc.update("UPDATE inventory_orders SET status = 'Committed' WHERE order_id = 'paid'");

        assertThat(expire(3)).isIn("[\"1\", \"2\"]", "[\"2\", \"1\"]");
        assertThat(tables.statusOf("paid")).isEqualTo("Committed");
    }

    @Test
    void anOrderWithAProductThatIsLockedKeepsNoOtherOneWaiting() {
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '1 hour' WHERE order_id = '1'");
        transaction.executeWithoutResult(other -> {
            jdbc.update("UPDATE inventory SET last_updated = now() WHERE product_id = 'b'");

            assertThat(locked("[\"1\", \"2\"]", "[]")).isEqualTo("[\"b\"]");
            assertThat(locked("[\"1\"]", "[\"z\"]")).as("together with those that were found before").isEqualTo("[\"z\", \"b\"]");
            assertThat(locked("[\"2\"]", "[]")).as("none").isNull();
            assertThat(expire(1, "[\"b\"]", "-infinity")).containsEntry("orders", "[\"2\"]");
        });

        assertThat(locked("[\"1\"]", "[]")).as("available again").isNull();
        assertThat(expire(1)).isEqualTo("[\"1\"]");
    }

    @Test
    void aBatchBeginsWhereTheOneBeforeHasEnded() {
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '1 hour' WHERE order_id = '1'");
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '2 hours' WHERE order_id = '3'");
        String until = jdbc.queryForObject("SELECT DISTINCT CAST(expires_at AS text) FROM inventory_reservations WHERE order_id = '1'", String.class);

        assertThat(expire(2, "[]", until)).as("the two lines of one order").containsEntry("orders", "[\"1\"]").containsEntry("until", until);
        assertThat(expire(2, "[]", until)).containsEntry("orders", "[\"2\"]");
        assertThat(expire(2, "[]", until)).containsEntry("orders", "[]");
        assertThat(expire(2)).isEqualTo("[\"3\"]");
    }

    private void overdueWithFiveLines(String orderId) {
        String[] products = {"p1", "p2", "p3", "p4", "p5"};
        Stream.of(products).forEach(product -> tables.stock(product, 1));
        reserve(orderId, Stream.of(products).map(product -> product + ":1").toArray(String[]::new));
        jdbc.update("DELETE FROM outbox");
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '1 hour' WHERE order_id = ?", orderId);
    }

    private String locked(String orders, String before) {
        return transaction.execute(search -> (String) tables.run("locked-products-of-orders", Map.of("orders", orders, "lockedProducts", before))
            .get(0).values().iterator().next());
    }

    private void reserve(String orderId, String... lines) {
        String items = List.of(lines).stream().map(line -> line.split(":"))
            .map(line -> "{\"productId\": \"%s\", \"quantity\": %s}".formatted((Object[]) line)).toList().toString();
        Map<String, Object> message = new HashMap<>(Map.of("sourceMessageId", "m",
            "messageBody", "{\"orderId\": \"" + orderId + "\", \"items\": " + items + "}"));
        message.put("correlationId", null);
        message.put("traceparent", null);
        message.put("tracestate", null);
        Map<String, Object> parameters = Tables.columns(message);
        parameters.put("reservationTtl", "900");
        assertThat(tables.run("reserve-inventory", parameters).get(0)).containsEntry("outcome", "Reserved");
    }

    /** @return ids of the orders of the batch, as JSON */
    private String expire(int batchSize) {
        return (String) expire(batchSize, "[]", "-infinity").get("orders");
    }

    private Map<String, Object> expire(int batchSize, String lockedProducts, String since) {
        return transaction.execute(batch -> {
            Map<String, Object> orders = tables.run("expire-orders",
                Map.of("batchSize", batchSize, "lockedProducts", lockedProducts, "since", since)).get(0);
            tables.run("release-inventory", orders);
            return orders;
        });
    }

    /** Order, product, quantity, reason and available stock of each event. */
    private List<String> published() {
        return jdbc.queryForList("SELECT concat_ws(' ', partition_key, message_body ->> 'productId', message_body ->> 'quantityReleased', "
            + "message_body ->> 'reason', message_body ->> 'availableStock') FROM outbox ORDER BY sequence", String.class);
    }
}
