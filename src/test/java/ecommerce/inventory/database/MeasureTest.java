package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** {@code measure.sql}: the size and age of each backlog. */
@DatabaseTest
class MeasureTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private PlatformTransactionManager transactions;

    @Test
    void nothingWaitsInEmptyTables() {
        assertThat(tables.run("measure").get(0).values()).isNotEmpty().allSatisfy(
            value -> assertThat(((Number) value).doubleValue()).isZero());
    }

    @Test
    void theInboxIsMeasuredByWhatIsParkedAndWhatIsDead() {
        message("processed_at");
        message("next_retry_at");
        message("dead_at");
        message("dead_at");

        assertThat(measure("inventory.inbox.parked")).isEqualTo(1);
        assertThat(measure("inventory.inbox.dead")).isEqualTo(2);
    }

    @Test
    void theOutboxIsMeasuredByWhatIsNotPublished() {
        event(100, "now()", null);
        event(50, "NULL", "too large");
        event(40, "NULL", null);

        assertThat(measure("inventory.outbox.pending")).isEqualTo(2);
        assertThat(measure("inventory.outbox.refused")).isEqualTo(1);
        assertThat(measure("inventory.outbox.age")).isBetween(50.0, 60.0);
    }

    @Test
    void theReadModelIsMeasuredByWhatIsNotFolded() {
        event(100, "now()", null);
        jdbc.update("DELETE FROM outbox_unprojected");
        event(30, "NULL", null);

        assertThat(measure("inventory.summary.pending")).isEqualTo(1);
        assertThat(measure("inventory.summary.lag")).isBetween(30.0, 40.0);
    }

    @Test
    void theExpiryIsMeasuredByTheOldestReservationThatIsPastItsTime() {
        tables.stock("a", 10);
        reservation("1", "Reserved", 20);
        reservation("2", "Reserved", -500);
        reservation("3", "Released", 900);

        assertThat(measure("inventory.expiry.lag")).isBetween(20.0, 30.0);
    }

    @Test
    void ordersAreMeasuredThatHaveWaitedAnHourForTheirOrderCreated() {
        for (String status : List.of("Paid", "PaymentFailed", "Refunded", "Cancelled")) {
            knownOrder(status, status, 61, null);
            knownOrder(status + "-new", status, 59, null);
            knownOrder(status + "-known", status, 61, "[]");
            knownOrder("erased-" + status, status, 61, null);
        }

        assertThat(measure("inventory.orders.waiting")).isEqualTo(4);
        assertThat(tables.rows("SELECT order_id FROM inventory_orders_waiting")).extracting(row -> row.get("order_id"))
            .containsExactlyInAnyOrder("Paid", "PaymentFailed", "Refunded", "Cancelled");
    }

    @Test
    void whatIsFinishedIsNotLookedAt() throws Exception {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, processed_at) "
            + "SELECT gen_random_uuid(), 'x', '{}', now() FROM generate_series(1, 10000)");
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, published_at) "
            + "SELECT gen_random_uuid(), 'x', '{}', 'k', now() FROM generate_series(1, 10000)");
        jdbc.update("DELETE FROM outbox_unprojected");
        tables.stock("a", 10);
        jdbc.update("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
            + "SELECT i, i, 'a', 1, 'Committed', now() FROM generate_series(1, 10000) AS i");
        jdbc.update("INSERT INTO inventory_orders (order_id, status, items, created_at) "
            + "SELECT i, 'Paid', '[]', now() - interval '1 day' FROM generate_series(1, 10000) AS i");
        jdbc.execute("VACUUM ANALYZE");

        List<String> plan = jdbc.queryForList("EXPLAIN " + new ClassPathResource("routes/timers/measure.sql").getContentAsString(StandardCharsets.UTF_8),
            String.class);

        assertThat(plan).noneMatch(line -> line.matches(".*Seq Scan on (inbox|outbox|inventory_reservations|inventory_orders) .*"));
    }

    @Test
    void anEventTakesTheTimeOfTheMessageThatHasCausedItAndNoOther() {
        TransactionTemplate transaction = new TransactionTemplate(transactions);
        transaction.executeWithoutResult(status -> {
            jdbc.queryForList("SELECT set_config('inventory.enqueued_at', '2026-11-23 12:00:00.123456+00', true)");
            event(0, "NULL", null);
        });
        transaction.executeWithoutResult(status -> event(0, "NULL", null));

        assertThat(tables.rows("SELECT CAST(extract(epoch FROM enqueued_at) AS text) AS at FROM outbox ORDER BY sequence"))
            .extracting(row -> row.get("at")).containsExactly("1795435200.123456", null);
    }

    private double measure(String metric) {
        Map<String, Object> row = tables.run("measure").get(0);
        return ((Number) row.get(metric)).doubleValue();
    }

    private void message(String moment) {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, " + moment + ") VALUES (gen_random_uuid(), 'x', '{}', now())");
    }

    private void event(int ageSeconds, String publishedAt, String error) {
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at, published_at, error_message, next_retry_at) "
            + "SELECT gen_random_uuid(), 'x', '{}', 'k', now() - make_interval(secs => ?), " + publishedAt + ", error, "
            + "CASE WHEN error IS NOT NULL THEN now() END FROM (VALUES (?)) AS refusal (error)", ageSeconds, error);
    }

    private void knownOrder(String order, String status, int minutesAgo, String items) {
        jdbc.update("INSERT INTO inventory_orders (order_id, status, created_at, items) "
            + "VALUES (?, ?, now() - make_interval(mins => ?), CAST(? AS jsonb))", order, status, minutesAgo, items);
    }

    private void reservation(String order, String status, int secondsPast) {
        jdbc.update("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
            + "VALUES (?, ?, 'a', 1, ?, now() - make_interval(secs => ?))", order, order, status, secondsPast);
    }
}
