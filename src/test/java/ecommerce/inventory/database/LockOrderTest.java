package ecommerce.inventory.database;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * Locks are taken in the order of order ids and of product ids, so that no two transactions deadlock: a transaction that waits for its
 * first lock holds none of the later ones.
 */
@DatabaseTest
class LockOrderTest {

    private static final List<String> PRODUCTS = List.of("d", "f", "b", "a", "e", "c");

    @Autowired
    private Tables tables;
    @Autowired
    private NewTransaction transaction;
    @Autowired
    private JdbcTemplate jdbc;

    /** The rows are in another order in the table. */
    @BeforeEach
    void someProducts() {
        PRODUCTS.forEach(product -> tables.stock(product, 10));
    }

    @Test
    void aReservationThatWaitsForAProductHasNoneBehindIt() {
        waitsForProductAWithoutTheOthers(() -> reserve("1"));

        assertThat(tables.stockOf("b")).isEqualTo("9 available, 1 reserved, version 2");
    }

    @Test
    void aBatchOfReservationsThatWaitsForAnOrderHasNoneBehindIt() {
        CompletableFuture<Void> batch = transaction.execute(first -> {
            reserve("1");
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> reserve("2", "1"));
            awaitOneThatWaits();
            assertThat(transaction.<List<?>>execute(other -> tables.rows("INSERT INTO inventory_orders (order_id, status) VALUES ('2', 'Paid') "
                + "ON CONFLICT DO NOTHING RETURNING order_id"))).as("nobody has locked order 2").hasSize(1);
            return waiting;
        });

        batch.join();
        assertThat(tables.statusOf("1")).isEqualTo("Reserved");
    }

    @Test
    void aPaymentThatWaitsForAProductHasNoneBehindIt() {
        reserve("1");
        tables.run("order-paid", "messageBody", "{\"orderId\": \"1\"}");

        waitsForProductAWithoutTheOthers(() -> tables.run("commit-inventory", message()));

        assertThat(tables.stockOf("b")).isEqualTo("9 available, 0 reserved, version 3");
    }

    @Test
    void aReleaseThatWaitsForAProductHasNoneBehindIt() {
        reserve("1");
        Map<String, Object> parameters = message();
        parameters.putAll(tables.run("end-order", Map.of("messageBody", "{\"orderId\": \"1\"}", "event", "Cancelled")).get(0));

        waitsForProductAWithoutTheOthers(() -> tables.run("release-inventory", parameters));

        assertThat(tables.stockOf("b")).isEqualTo("10 available, 0 reserved, version 3");
    }

    @Test
    void aProductIsKeptLockedOnceItsTransactionIsNoLongerOneOfManyShortOnes() {
        // Repeats until both are fast.
        await().until(() -> whileProductAIsLocked(this::keptLocked).isEmpty());

        whileProductAIsLocked(() -> {
            await().until(() -> keptLocked().equals(List.of("a")));
            return null;
        });

        assertThat(keptLocked()).as("locked by no session").isEmpty();
    }

    /** Whoever waits for a row has a lock on the row's place in the table: not on the table. */
    @Test
    void aProductThatOthersWaitForIsNotALockedTable() {
        CompletableFuture<Void> waiting = transaction.execute(first -> {
            tables.rows("SELECT FROM inventory WHERE product_id = 'a' FOR UPDATE");
            CompletableFuture<Void> second = CompletableFuture.runAsync(() -> tables.rows("SELECT FROM inventory WHERE product_id = 'a' FOR UPDATE"));
            awaitOneThatWaits();
            assertThat(isTableLocked()).as("a row").isFalse();
            return second;
        });
        waiting.join();

        transaction.execute(first -> {
            jdbc.execute("LOCK TABLE inventory IN SHARE MODE");
            assertThat(isTableLocked()).as("a table").isTrue();
            return null;
        });
    }

    private boolean isTableLocked() {
        return transaction.execute(other -> jdbc.queryForObject(Sql.read("inbox/table-locked"), Boolean.class));
    }

    private <T> T whileProductAIsLocked(Supplier<T> other) {
        return transaction.execute(first -> {
            tables.rows("SELECT FROM inventory WHERE product_id = 'a' FOR UPDATE");
            return other.get();
        });
    }

    private List<String> keptLocked() {
        return transaction.execute(other -> new NamedParameterJdbcTemplate(jdbc).queryForList(Sql.read("inbox/locked-products"),
            Map.of("products", PRODUCTS.toArray(String[]::new)), String.class));
    }

    private void waitsForProductAWithoutTheOthers(Runnable statement) {
        CompletableFuture<Void> waiting = transaction.execute(first -> {
            tables.rows("SELECT FROM inventory WHERE product_id = 'a' FOR UPDATE");
            CompletableFuture<Void> second = CompletableFuture.runAsync(statement);
            awaitOneThatWaits();
            assertThat(tables.rows("SELECT FROM inventory WHERE product_id <> 'a' FOR UPDATE SKIP LOCKED")).as("not locked by another session").hasSize(5);
            return second;
        });
        waiting.join();
    }

    private void awaitOneThatWaits() {
        await().until(() -> tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
    }

    /** Reserves orders of all products, in one batch. */
    private void reserve(String... orderIds) {
        List<String> items = PRODUCTS.stream().map(product -> "{\"productId\": \"" + product + "\", \"quantity\": 1}").toList();
        List<String> bodies = Stream.of(orderIds).map(id -> "{\"orderId\": \"" + id + "\", \"items\": " + items + "}").toList();
        tables.rows("SELECT outcome FROM reserve_inventory('{}', '{}', '{}', '{}', CAST(CAST(? AS text[]) AS jsonb[]), interval '15 minutes')",
            (Object) bodies.toArray(String[]::new));
    }

    private static Map<String, Object> message() {
        Map<String, Object> message = new HashMap<>();
        message.put("messageBody", "{\"orderId\": \"1\"}");
        message.put("sourceMessageId", "m");
        message.put("correlationId", null);
        message.put("traceparent", null);
        message.put("tracestate", null);
        return message;
    }
}
