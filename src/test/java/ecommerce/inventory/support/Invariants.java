package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.springframework.jdbc.core.JdbcTemplate;

/** What is true of the tables at every commit, whatever has happened. */
public class Invariants {

    private final JdbcTemplate jdbc;

    public Invariants(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Every unit is where the reservations and orders say. */
    public void assertHold() {
        assertNone("products whose reserved stock is not what reservations hold", """
            SELECT i.product_id, i.reserved_stock, r.held FROM inventory i LEFT JOIN (
                SELECT product_id, sum(quantity_reserved) AS held FROM inventory_reservations WHERE status = 'Reserved' GROUP BY 1) r
            USING (product_id) WHERE i.reserved_stock <> coalesce(r.held, 0)""");
        assertNone("products with less than nothing", "SELECT * FROM inventory WHERE available_stock < 0 OR reserved_stock < 0");
        assertNone("reservations that are not as their order is", """
            SELECT r.order_id, r.product_id, r.status, o.status FROM inventory_reservations r LEFT JOIN inventory_orders o USING (order_id)
            WHERE r.status <> CASE WHEN o.status IN ('Reserved', 'Committed') THEN o.status ELSE 'Released' END OR o.status IS NULL""");
        assertNone("orders that are to hold their items and do not", """
            SELECT o.order_id, o.status FROM inventory_orders o WHERE o.status IN ('Reserved', 'Committed')
            AND (SELECT count(DISTINCT item ->> 'productId') FROM jsonb_array_elements(o.items) AS item)
                <> (SELECT count(*) FROM inventory_reservations r WHERE r.order_id = o.order_id)""");
    }

    /** Nothing came from nowhere and nothing went: available + reserved + committed = initial + restocked + adjusted. */
    public void assertUnitsAdd(int initialOfEachProduct) {
        assertNone("products whose units do not add up", """
            SELECT i.product_id, i.total_stock, c.committed, e.changed FROM inventory i LEFT JOIN (
                SELECT product_id, sum(quantity_reserved) AS committed FROM inventory_reservations WHERE status = 'Committed' GROUP BY 1) c
            USING (product_id) LEFT JOIN (
                SELECT message_body ->> 'productId' AS product_id,
                       sum(CAST(coalesce(message_body ->> 'quantityAdded', message_body ->> 'quantityChange') AS integer)) AS changed
                FROM outbox WHERE message_type IN ('InventoryRestocked', 'InventoryAdjusted') GROUP BY 1) e
            USING (product_id) WHERE i.total_stock + coalesce(c.committed, 0) <> ? + coalesce(e.changed, 0)""", initialOfEachProduct);
    }

    private void assertNone(String what, String query, Object... parameters) {
        assertThat(jdbc.queryForList(query, parameters)).as(what).isEmpty();
    }
}
