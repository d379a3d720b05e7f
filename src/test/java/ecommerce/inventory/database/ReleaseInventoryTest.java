package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** What gives stock back in batches: which orders are expired, and what is told of each. */
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
        tables.clear();
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
        assertThat(told()).containsExactly("1 a 1 Expired 3", "1 b 2 Expired 10", "2 a 3 Expired 6");
        assertThat(List.of(tables.statusOf("1"), tables.statusOf("2"), tables.statusOf("3"))).containsExactly("Expired", "Expired", "Reserved");
    }

    @Test
    void aBatchTakesWholeOrdersTheOldestFirst() {
        jdbc.update("UPDATE inventory_reservations SET expires_at = now() - interval '1 hour' WHERE order_id = '1'");

        expire(1);
        assertThat(told()).as("all lines of the order").containsExactly("1 a 1 Expired 3", "1 b 2 Expired 10");

        expire(1);
        assertThat(told()).hasSize(3);
        assertThat(expire(1)).isEqualTo("[]");
    }

    @Test
    void anOrderThatAPaymentHasInWorkIsLeftAlone() {
        transaction.executeWithoutResult(payment -> {
            jdbc.update("UPDATE inventory_orders SET status = 'Committed' WHERE order_id = '2'");
            transaction.executeWithoutResult(expiry -> assertThat(expire(100)).isEqualTo("[\"1\"]"));
        });

        assertThat(told()).containsExactly("1 a 1 Expired 3", "1 b 2 Expired 10");
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

    /** @return the orders of the batch, as JSON */
    private String expire(int batchSize) {
        return transaction.execute(batch -> {
            Map<String, Object> orders = tables.run("expire-orders", "batchSize", batchSize).get(0);
            tables.run("release-inventory", orders);
            return (String) orders.get("orders");
        });
    }

    /** Order, product, quantity, reason and what is available afterwards, of each event. */
    private List<String> told() {
        return jdbc.queryForList("SELECT concat_ws(' ', partition_key, message_body ->> 'productId', message_body ->> 'quantityReleased', "
            + "message_body ->> 'reason', message_body ->> 'availableStock') FROM outbox ORDER BY sequence", String.class);
    }
}
