package ecommerce.inventory.database;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** The function reserve_inventory: what it writes and returns, for a single order and for a batch. */
@DatabaseTest
class ReserveInventoryTest {

    @Autowired
    private Tables tables;
    @Autowired
    private NewTransaction transaction;

    @BeforeEach
    void someStock() {
        tables.stock("a", 10);
        tables.stock("b", 5);
    }

    @Test
    void anOrderThatFitsIsWrittenWhole() {
        assertThat(reserve(order("1", "b:5", "a:4"))).containsExactly("1 Reserved");

        assertThat(tables.stockOf("a")).isEqualTo("6 available, 4 reserved, version 2");
        assertThat(tables.stockOf("b")).isEqualTo("0 available, 5 reserved, version 2");
        assertThat(tables.count("inventory_reservations")).as("one per product").isEqualTo(2);
        assertThat(tables.rows("SELECT message_body ->> 'productId' AS product, message_body ->> 'quantityReserved' AS quantity, "
            + "message_body ->> 'remainingStock' AS remaining FROM outbox ORDER BY sequence"))
            .as("an event per product, in product order")
            .containsExactly(Map.of("product", "a", "quantity", "4", "remaining", "6"), Map.of("product", "b", "quantity", "5", "remaining", "0"));
        assertThat(tables.row("SELECT count(*) AS reservations FROM inventory_reservations r JOIN inventory i USING (product_id) "
            + "WHERE r.expires_at = r.created_at + interval '15 minutes' AND i.last_updated = r.created_at"))
            .as("the same time in all of them").containsEntry("reservations", 2L);
    }

    @Test
    void theMomentOfAReservationIsAfterThoseThatItHasWaitedFor() {
        CompletableFuture<List<String>> waiting = new CompletableFuture<>();
        Object before = transaction.execute(other -> {
            tables.rows("SELECT FROM inventory WHERE product_id = 'a' FOR UPDATE");
            waiting.completeAsync(() -> reserve(order("1", "a:1")));
            await().until(() -> tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
            return tables.row("SELECT clock_timestamp() AS moment").get("moment");
        });

        assertThat(waiting.join()).containsExactly("1 Reserved");
        assertThat((Timestamp) tables.row("SELECT created_at FROM inventory_reservations").get("created_at")).isAfter((Timestamp) before);
    }

    @Test
    void ofEachLineIsKeptWhatItTakesToReserveItAgainAndNothingElse() {
        reserve(order("1", "a:4").replace("\"quantity\": 4", "\"quantity\": 4, \"unitPrice\": 9.99"));

        assertThat(tables.row("SELECT CAST(items AS text) FROM inventory_orders"))
            .containsEntry("items", "[{\"quantity\": 4, \"productId\": \"a\"}]");
    }

    @Test
    void linesOfOneProductCountTogether() {
        assertThat(reserve(order("1", "a:4", "b:1", "a:6"))).containsExactly("1 Reserved");
        assertThat(tables.stockOf("a")).isEqualTo("0 available, 10 reserved, version 2");

        assertThat(reserve(order("2", "b:2", "b:2", "b:1"))).containsExactly(
            "2 Insufficient [{\"productId\": \"b\", \"availableStock\": 4, \"requestedQuantity\": 5}]");
    }

    @Test
    void anOrderThatIsShortWritesNothingButItsClaimAndTellsAllThatIsShort() {
        assertThat(reserve(order("1", "b:6", "a:1", "unknown:1"))).containsExactly("1 Insufficient ["
            + "{\"productId\": \"b\", \"availableStock\": 5, \"requestedQuantity\": 6}, "
            + "{\"productId\": \"unknown\", \"availableStock\": 0, \"requestedQuantity\": 1}]");

        assertThat(tables.stockOf("a")).as("in stock, but not reserved").isEqualTo("10 available, 0 reserved, version 1");
        assertThat(tables.stockOf("b")).isEqualTo("5 available, 0 reserved, version 1");
        assertThat(tables.count("inventory_reservations") + tables.count("outbox")).isZero();
        assertThat(tables.count("inventory_orders")).isEqualTo(1);
    }

    @Test
    void anOrderHasItsOutcomeOnce() {
        reserve(order("1", "a:1"));

        assertThat(reserve(order("1", "a:1"))).containsExactly("1 Duplicate");
        assertThat(reserve(order("2", "a:1") + "," + order("2", "a:1"))).as("within a batch too")
            .containsExactly("2 Reserved", "2 Duplicate");

        assertThat(tables.stockOf("a")).as("two orders, four messages").isEqualTo("8 available, 2 reserved, version 3");
        assertThat(tables.count("outbox")).isEqualTo(2);
    }

    @Test
    void inABatchAnOrderThatIsShortDoesNotStarveALaterOne() {
        assertThat(reserve(order("1", "a:8") + "," + order("2", "a:3") + "," + order("3", "a:2"))).containsExactly(
            "1 Reserved",
            "2 Insufficient [{\"productId\": \"a\", \"availableStock\": 2, \"requestedQuantity\": 3}]",
            "3 Reserved");

        assertThat(tables.stockOf("a")).isEqualTo("0 available, 10 reserved, version 3");
    }

    @Test
    void inABatchEachEventTellsWhatItsOrderHasLeft() {
        reserve(order("2", "a:1") + "," + order("1", "a:2", "b:1") + "," + order("3", "a:3"));

        assertThat(tables.rows("SELECT message_body ->> 'orderId' AS order_id, message_body ->> 'productId' AS product, "
            + "message_body ->> 'remainingStock' AS remaining FROM outbox ORDER BY sequence")).containsExactly(
                Map.of("order_id", "2", "product", "a", "remaining", "9"),
                Map.of("order_id", "1", "product", "a", "remaining", "7"),
                Map.of("order_id", "1", "product", "b", "remaining", "4"),
                Map.of("order_id", "3", "product", "a", "remaining", "4"));
        assertThat(tables.stockOf("a")).as("one version per order").isEqualTo("4 available, 6 reserved, version 4");
    }

    /** With random batches, in which some products sell out. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aBatchEndsAsItsOrdersWouldOneAfterTheOther(long seed) {
        Random random = new Random(seed);
        List<String> products = List.of("a", "b", "c", "d", "unknown");
        List<String> orders = IntStream.range(0, 60).mapToObj(i -> order(String.valueOf(random.nextInt(50)),
            IntStream.rangeClosed(0, random.nextInt(3)).mapToObj(line -> products.get(random.nextInt(100) < 97 ? random.nextInt(4) : 4)
                + ":" + (1 + random.nextInt(4))).toArray(String[]::new))).toList();

        List<Object> together = outcome(() -> reserve(String.join(",", orders)));
        List<Object> oneByOne = outcome(() -> orders.stream().flatMap(order -> reserve(order).stream()).toList());

        assertThat(together).isEqualTo(oneByOne);
        assertThat(together.toString()).as("each kind of outcome").contains("Reserved", "Insufficient", "Duplicate");
    }

    /** The returned outcomes, and the content of the tables. */
    private List<Object> outcome(Supplier<List<String>> reservation) {
        tables.clear();
        tables.stock("a", 12);
        tables.stock("b", 20);
        tables.stock("c", 1000);
        tables.stock("d", 1000);
        return List.of(
            reservation.get(),
            tables.rows("SELECT product_id, available_stock, reserved_stock, version FROM inventory ORDER BY 1"),
            tables.rows("SELECT order_id, product_id, quantity_reserved FROM inventory_reservations ORDER BY 1, 2"),
            tables.rows("SELECT partition_key, causation_id, message_body ->> 'productId' AS product, reserved_change FROM outbox ORDER BY 1, 3"));
    }

    @Test
    void aSumThatNoIntegerHoldsIsReportedAsTheFaultOfTheMessage() {
        assertThatThrownBy(() -> reserve(order("1", "a:2147483647", "a:1")))
            .hasMessageContaining("items: the quantities of product a add up to 2147483648, more than 2147483647")
            .rootCause().isInstanceOfSatisfying(SQLException.class, cause -> assertThat(cause.getSQLState()).isEqualTo("IW001"));
        assertThat(tables.count("inventory_orders")).as("rolled back").isZero();
    }

    /** An order as a parameter of reserve_inventory. Lines are written {@code "product:quantity"}. */
    private static String order(String orderId, String... lines) {
        String items = List.of(lines).stream().map(line -> line.split(":"))
            .map(line -> "{\"productId\": \"%s\", \"quantity\": %s}".formatted((Object[]) line))
            .toList().toString();
        return "{\"messageId\": \"message-%s\", \"order\": {\"orderId\": \"%s\", \"items\": %s}}".formatted(orderId, orderId, items);
    }

    /** @return order id, outcome and short lines of each order */
    private List<String> reserve(String orders) {
        return tables.rows("""
            SELECT concat_ws(' ', orders[arrival] ->> 'orderId', outcome, short_lines) AS outcome
            FROM (SELECT array_agg(m ->> 'messageId' ORDER BY n) AS ids, array_agg(m -> 'order' ORDER BY n) AS orders
                  FROM jsonb_array_elements(CAST(? AS jsonb)) WITH ORDINALITY AS message (m, n)) AS batch,
                 reserve_inventory(ids, '{}', '{}', '{}', orders, interval '15 minutes')""", "[" + orders + "]")
            .stream().map(row -> (String) row.get("outcome")).toList();
    }
}
