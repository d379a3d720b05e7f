package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Tables;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;

/** {@code V18__kept_content.sql} in a database whose messages were kept whole. */
class KeptContentMigrationTest {

    private static final String ORDER = """
        {"orderId": "1", "customerId": "canary", "shippingAddress": {"street": "canary"}, "gift": "canary",
         "items": [{"productId": "a", "quantity": 2, "engraving": "canary"}, {"productId": "b", "quantity": 1}]}""";
    private static final String ABOUT_ORDER = "{\"orderId\": \"1\", \"status\": \"Captured\", \"reason\": \"canary\", \"paymentMethod\": \"canary\"}";
    private static final String COMMAND = "{\"orderId\": \"1\", \"productId\": \"a\", \"quantityToAdd\": 5, \"quantityChange\": -5, \"reason\": \"r\"}";

    private JdbcTemplate jdbc;
    private Tables tables;

    @BeforeEach
    void messagesOfBefore() {
        String database = Backend.createDatabase();
        jdbc = new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build());
        tables = new Tables(jdbc);
        migrate(database, "17");
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, processed_at) VALUES (gen_random_uuid(), 'OrderCreated', ?::jsonb, now())", ORDER);
        parked("OrderCreated", ORDER, "1", "NULL");
        parked("OrderCancelled", ABOUT_ORDER, "1", "now()");
        parked("PaymentProcessed", ABOUT_ORDER, "1", "NULL");
        parked("PaymentFailed", ABOUT_ORDER, "1", "NULL");
        // Was keyed by the order that it names.
        parked("RestockInventory", COMMAND, "1", "NULL");
        parked("AdjustInventory", COMMAND, "1", "now()");
        parked("ReorderPointSet", "{\"productId\": \"a\", \"reorderPoint\": 3}", "a", "NULL");
        jdbc.update("INSERT INTO inventory_orders (order_id, status, items) VALUES ('1', 'Expired', ?::jsonb -> 'items'), ('2', 'Paid', NULL)", ORDER);

        migrate(database, "latest");
    }

    @Test
    void aProcessedMessageHasNoBodyAndOthersHaveWhatTheirHandlerNeeds() {
        assertThat(jdbc.queryForList("SELECT message_type || ' ' || coalesce(message_body::text, 'none') || ' ' || coalesce(partition_key, 'none') "
            + "FROM inbox ORDER BY parked_sequence NULLS FIRST", String.class)).containsExactly(
                "OrderCreated none none",
                "OrderCreated {\"items\": [{\"quantity\": 2, \"productId\": \"a\"}, {\"quantity\": 1, \"productId\": \"b\"}], \"orderId\": \"1\"} order/1",
                "OrderCancelled {\"orderId\": \"1\"} order/1",
                "PaymentProcessed {\"status\": \"Captured\", \"orderId\": \"1\"} order/1",
                "PaymentFailed {\"orderId\": \"1\"} order/1",
                "RestockInventory {\"productId\": \"a\", \"quantityToAdd\": 5} product/a",
                "AdjustInventory {\"reason\": \"r\", \"productId\": \"a\", \"quantityChange\": -5} product/a",
                "ReorderPointSet {\"productId\": \"a\", \"reorderPoint\": 3} product/a");
    }

    @Test
    void anOrderKeepsProductAndQuantityOfEachLine() {
        assertThat(jdbc.queryForList("SELECT order_id || ' ' || coalesce(items::text, 'none') FROM inventory_orders ORDER BY 1", String.class))
            .containsExactly("1 [{\"quantity\": 2, \"productId\": \"a\"}, {\"quantity\": 1, \"productId\": \"b\"}]", "2 none");
    }

    @Test
    void nothingElseIsLeftInAnyTable() {
        assertThat(tables.containing("canary")).isEmpty();
    }

    @Test
    void whatWasParkedCanBeHandled() {
        List<Object> types = List.of("OrderCreated", "PaymentProcessed", "PaymentFailed");
        assertThat(types).allSatisfy(type -> assertThat(tables.run("take-parked-message")).singleElement()
            .satisfies(taken -> assertThat(taken).containsEntry("messageType", type).containsEntry("orderId", "1").containsEntry("contentHash", null)));
    }

    private void parked(String type, String body, String key, String deadAt) {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, partition_key, parked_sequence, next_retry_at, dead_at) "
            + "VALUES (gen_random_uuid(), ?, ?::jsonb, ?, nextval('inbox_parked_sequence'), now() + nextval('inbox_parked_sequence') * interval '1 ms' "
            + "- interval '1 minute', " + deadAt + ")", type, body, key);
    }

    private static void migrate(String database, String target) {
        Flyway.configure().dataSource(database, "postgres", "").target(target).load().migrate();
    }
}
