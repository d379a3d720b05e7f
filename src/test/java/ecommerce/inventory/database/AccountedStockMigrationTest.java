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

/** {@code V16__accounted_stock.sql} in a database that has a history, of which a part is purged and a part waits to be folded. */
class AccountedStockMigrationTest {

    private String database;
    private JdbcTemplate jdbc;
    private Tables tables;

    @BeforeEach
    void aHistory() {
        database = Backend.createDatabase();
        jdbc = new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build());
        tables = new Tables(jdbc);
        migrate("15");
        // a began with 100. 5 were sold and 10 restocked, which is purged; then it is as the events say.
        product("a", 100 - 5 + 10 - 7 + 2 + 20 - 3 - 4 - 6, 6);
        jdbc.update("INSERT INTO inventory_summary_archive (product_id, total_reservations, total_reserved_quantity) VALUES ('a', 4, 10)");
        jdbc.update("INSERT INTO inventory_summary (product_id, total_reservations, total_reserved_quantity, total_committed_count) "
            + "VALUES ('a', 4, 3, 2)");
        reservation("a", 5, "Committed");
        reservation("a", 5, "Committed");
        reservation("a", 2, "Released");
        event("InventoryCommitted", "a", "quantityCommitted", 7, -7);
        event("InventoryReleased", "a", "quantityReleased", 2, 0);
        event("InventoryRestocked", "a", "quantityAdded", 20, 0);
        // b was made by a command.
        product("b", 9, 0);
        event("InventoryRestocked", "b", "quantityAdded", 10, 0);
        event("InventoryAdjusted", "b", "quantityChange", -1, 0);
        // Nothing has happened to c.
        product("c", 3, 0);
        jdbc.update("DELETE FROM outbox_unprojected");
        reservation("a", 3, "Committed");
        event("InventoryCommitted", "a", "quantityCommitted", 3, -3);
        reservation("a", 6, "Reserved");
        event("InventoryReserved", "a", "quantityReserved", 6, 6);
        event("InventoryAdjusted", "a", "quantityChange", -4, 0);

        migrate("latest");
    }

    @Test
    void theReadModelKnowsWhatWasSoldAndWhatWasReceivedAsFarAsEventsTell() {
        assertThat(summary()).containsExactly("a: 10 sold, 20 received", "b: 0 sold, 9 received");
        assertThat(tables.row("SELECT total_committed_quantity FROM inventory_summary_archive")).containsEntry("total_committed_quantity", 5L);

        tables.run("fold-summary", "batchSize", 100);

        assertThat(summary()).as("and what waited").contains("a: 13 sold, 16 received");
    }

    @Test
    void whatPurgedEventsHaveReceivedIsInitial() {
        assertThat(jdbc.queryForList("SELECT product_id || ' ' || initial_stock FROM inventory ORDER BY product_id", String.class))
            .containsExactly("a 110", "b 0", "c 3");
    }

    @Test
    void everyUnitIsAccountedForThenAndAfterARebuild() {
        assertThat(tables.run("check-invariants")).isEmpty();

        tables.run("fold-summary", "batchSize", 100);
        List<String> before = summary();
        tables.run("clear-summary");
        tables.run("rebuild-summary");

        assertThat(summary()).isEqualTo(before);
        assertThat(tables.run("check-invariants")).isEmpty();
    }

    private void migrate(String target) {
        Flyway.configure().dataSource(database, "postgres", "").target(target).load().migrate();
    }

    private void product(String productId, int available, int reserved) {
        jdbc.update("INSERT INTO inventory (product_id, available_stock, reserved_stock) VALUES (?, ?, ?)", productId, available, reserved);
    }

    private void reservation(String productId, int quantity, String status) {
        jdbc.update("WITH o AS (INSERT INTO inventory_orders (order_id, status) VALUES (gen_random_uuid(), "
            + "CASE CAST(? AS text) WHEN 'Released' THEN 'Cancelled' ELSE ? END) RETURNING order_id) "
            + "INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
            + "SELECT order_id, order_id, ?, ?, ?, now() FROM o", status, status, productId, quantity, status);
    }

    private void event(String type, String productId, String field, int quantity, int reservedChange) {
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, reserved_change) "
            + "VALUES (gen_random_uuid(), ?, jsonb_build_object('productId', ?, ?, ?), 'k', ?)", type, productId, field, quantity, reservedChange);
    }

    private List<String> summary() {
        return jdbc.queryForList("SELECT format('%s: %s sold, %s received', product_id, total_committed_quantity, total_received_quantity) "
            + "FROM inventory_summary ORDER BY product_id", String.class);
    }
}
