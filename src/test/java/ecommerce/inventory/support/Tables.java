package ecommerce.inventory.support;

import java.util.List;
import java.util.Map;

import org.springframework.jdbc.core.JdbcTemplate;

/** What a test asks of the database. */
public class Tables {

    private final JdbcTemplate jdbc;

    public Tables(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Empties all tables. */
    public void clear() {
        jdbc.execute("TRUNCATE inventory, inventory_orders, inventory_reservations, inbox, outbox, inventory_summary");
    }

    public void stock(String productId, int available) {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES (?, ?)", productId, available);
    }

    /** @param from a table, with a WHERE clause if need be */
    public long count(String from) {
        return jdbc.queryForObject("SELECT count(*) FROM " + from, Long.class);
    }

    public Map<String, Object> row(String sql, Object... parameters) {
        return jdbc.queryForMap(sql, parameters);
    }

    public List<Map<String, Object>> rows(String sql, Object... parameters) {
        return jdbc.queryForList(sql, parameters);
    }

    /** Available, reserved and version of a product, as {@code "98 available, 2 reserved, version 2"}. */
    public String stockOf(String productId) {
        return jdbc.queryForObject("SELECT format('%s available, %s reserved, version %s', available_stock, reserved_stock, version) "
            + "FROM inventory WHERE product_id = ?", String.class, productId);
    }

    /** The status of an order, or null. */
    public String statusOf(String orderId) {
        return jdbc.queryForList("SELECT status FROM inventory_orders WHERE order_id = ?", String.class, orderId)
            .stream().findFirst().orElse(null);
    }
}
