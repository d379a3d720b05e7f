package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.jdbc.core.JdbcTemplate;

/** Invariants of the tables that hold after every commit. */
public class Invariants {

    private static final String OWN_CHECK = "violations that the worker itself finds";
    private static final Map<String, String> PLACES = queries(
        Map.entry("products whose reserved stock differs from their reservations", """
            SELECT i.product_id, i.reserved_stock, r.held FROM inventory i LEFT JOIN (
                SELECT product_id, sum(quantity_reserved) AS held FROM inventory_reservations WHERE status = 'Reserved' GROUP BY 1) r
            USING (product_id) WHERE i.reserved_stock <> coalesce(r.held, 0)"""),
        Map.entry("products with negative stock", "SELECT * FROM inventory WHERE available_stock < 0 OR reserved_stock < 0"),
        Map.entry("reservations whose status does not follow from their order", """
            SELECT r.order_id, r.product_id, r.status, o.status FROM inventory_reservations r LEFT JOIN inventory_orders o USING (order_id)
            WHERE r.status <> CASE WHEN o.status IN ('Reserved', 'Committed') THEN o.status ELSE 'Released' END OR o.status IS NULL"""),
        Map.entry("orders without a reservation for each product", """
            SELECT o.order_id, o.status FROM inventory_orders o WHERE o.status IN ('Reserved', 'Committed')
            AND (SELECT count(DISTINCT item ->> 'productId') FROM jsonb_array_elements(o.items) AS item)
                <> (SELECT count(*) FROM inventory_reservations r WHERE r.order_id = o.order_id)"""));
    private static final Map<String, String> UNITS = queries(
        Map.entry("products whose units do not add up", """
            SELECT i.product_id, i.total_stock, c.committed, i.initial_stock, e.changed FROM inventory i LEFT JOIN (
                SELECT product_id, sum(quantity_reserved) AS committed FROM inventory_reservations WHERE status = 'Committed' GROUP BY 1) c
            USING (product_id) LEFT JOIN (
                SELECT message_body ->> 'productId' AS product_id,
                       sum(CAST(coalesce(message_body ->> 'quantityAdded', message_body ->> 'quantityChange') AS integer)) AS changed
                FROM outbox WHERE message_type IN ('InventoryRestocked', 'InventoryAdjusted') GROUP BY 1) e
            USING (product_id) WHERE i.total_stock + coalesce(c.committed, 0) <> i.initial_stock + coalesce(e.changed, 0)"""));
    private static final Map<String, String> SUMMARY = queries(
        Map.entry("events that are not folded", "SELECT * FROM outbox_unprojected LIMIT 10"),
        Map.entry("products whose summary differs from the sold units", """
            SELECT s.product_id, s.total_committed_quantity, r.sold FROM inventory_summary s LEFT JOIN (
                SELECT product_id, sum(quantity_reserved) AS sold FROM inventory_reservations WHERE status = 'Committed' GROUP BY 1) r
            USING (product_id) WHERE s.total_committed_quantity <> coalesce(r.sold, 0)"""),
        Map.entry("products whose summary differs from the events", """
            SELECT s.*, e.* FROM inventory_summary s FULL JOIN (
                SELECT message_body ->> 'productId' AS product_id,
                       count(*) FILTER (WHERE message_type = 'InventoryReserved') AS reserved,
                       count(*) FILTER (WHERE message_type = 'InventoryInsufficient') AS insufficient,
                       count(*) FILTER (WHERE message_type = 'InventoryReleased') AS released,
                       count(*) FILTER (WHERE message_type = 'InventoryCommitted') AS committed,
                       max(message_body ->> 'reservedAt') AS reserved_at, max(message_body ->> 'checkedAt') AS checked_at,
                       max(message_body ->> 'releasedAt') AS released_at, max(message_body ->> 'committedAt') AS committed_at
                FROM outbox GROUP BY 1) e USING (product_id)
            WHERE (s.total_reservations, s.total_insufficient_count, s.total_released_count, s.total_committed_count,
                   s.last_reservation_at, s.last_insufficient_at, s.last_released_at, s.last_committed_at)
                IS DISTINCT FROM (e.reserved, e.insufficient, e.released, e.committed, CAST(e.reserved_at AS timestamptz),
                   CAST(e.checked_at AS timestamptz), CAST(e.released_at AS timestamptz), CAST(e.committed_at AS timestamptz))"""));

    private final JdbcTemplate jdbc;

    public Invariants(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Stock, reservations and orders agree. */
    public void assertHold() {
        assertNone(PLACES);
    }

    /** No unit is lost or added: available + reserved + committed = initial + restocked + adjusted. */
    public void assertUnitsAdd() {
        assertNone(UNITS);
    }

    /** The read model agrees with events and inventory; all events have to be folded. */
    public void assertSummaryFollows() {
        assertNone(SUMMARY);
        assertThat(new Tables(jdbc).run("check-invariants")).as(OWN_CHECK).isEmpty();
    }

    /** All violations, as rows by invariant. All events have to be folded. */
    public Map<String, List<Map<String, Object>>> differences() {
        Map<String, List<Map<String, Object>>> differences = new LinkedHashMap<>();
        for (Map<String, String> queries : List.of(PLACES, UNITS, SUMMARY)) {
            queries.forEach((what, query) -> differences.put(what, jdbc.queryForList(query)));
        }
        differences.put(OWN_CHECK, new Tables(jdbc).run("check-invariants"));
        return differences;
    }

    @SafeVarargs
    private static Map<String, String> queries(Map.Entry<String, String>... queries) {
        Map<String, String> inOrder = new LinkedHashMap<>();
        Arrays.asList(queries).forEach(query -> inOrder.put(query.getKey(), query.getValue()));
        return inOrder;
    }

    private void assertNone(Map<String, String> queries) {
        queries.forEach((what, query) -> assertThat(jdbc.queryForList(query)).as(what).isEmpty());
    }
}
