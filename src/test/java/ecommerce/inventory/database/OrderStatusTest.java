package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** A status of orders that a later migration adds: rows of {@code order_statuses} and {@code order_transitions}. */
@DatabaseTest
class OrderStatusTest {

    private static final String ORDER = "{\"orderId\": \"order-1\", \"items\": [{\"productId\": \"a\", \"quantity\": 2}]}";

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @BeforeEach
    void aNewStatus() {
        tables.stock("a", 5);
        jdbc.update("INSERT INTO order_statuses (status, description, release_reason) VALUES ('Refused', 'Refused by us', 'OrderRefused')");
        jdbc.update("INSERT INTO order_transitions (event, from_status, to_status) VALUES ('Refused', 'Reserved', 'Refused')");
    }

    @AfterEach
    void asBefore() {
        tables.clear();
        jdbc.update("DELETE FROM order_transitions WHERE event = 'Refused'");
        jdbc.update("DELETE FROM order_statuses WHERE status = 'Refused'");
    }

    @Test
    void anOrderThatHasItReleasesWhatItHoldsForItsReason() {
        reserve();

        Map<String, Object> ended = tables.run("end-order", parameters("event", "Refused")).get(0);
        tables.run("release-inventory", parameters("orders", ended.get("orders")));

        assertThat(tables.statusOf("order-1")).isEqualTo("Refused");
        assertThat(tables.stockOf("a")).startsWith("5 available, 0 reserved");
        assertThat(tables.row("SELECT message_body ->> 'reason' AS reason FROM outbox WHERE message_type = 'InventoryReleased'"))
            .containsEntry("reason", "OrderRefused");
    }

    @Test
    void anOrderThatHasItBeforeItComesReservesNothing() {
        tables.run("end-order", parameters("event", "Refused"));

        assertThat(reserve()).isEqualTo("Refused");

        assertThat(tables.stockOf("a")).startsWith("5 available, 0 reserved");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Paid", "Cancelled", "Refused"})
    void anEventWithoutARowLeavesItAsItIs(String event) {
        jdbc.update("INSERT INTO inventory_orders (order_id, status) VALUES ('order-1', 'Refused')");

        tables.run("end-order", parameters("event", event));

        assertThat(tables.statusOf("order-1")).isEqualTo("Refused");
    }

    @Test
    void aStatusThatIsInNoTableIsRefusedAndNamed() {
        assertThatThrownBy(() -> tables.run("end-order", parameters("event", "Refusd")))
            .hasMessageContaining("status: Refusd of order order-1 is not in table order_statuses");
    }

    private String reserve() {
        Map<String, Object> columns = Tables.columns(parameters("event", null));
        columns.put("reservationTtl", 900);
        return (String) tables.run("reserve-inventory", columns).get(0).get("outcome");
    }

    private static Map<String, Object> parameters(String name, Object value) {
        Map<String, Object> parameters = Tables.message(UUID.randomUUID(), "OrderCreated", "order/order-1", ORDER);
        parameters.put(name, value);
        return parameters;
    }
}
