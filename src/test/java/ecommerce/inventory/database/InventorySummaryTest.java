package ecommerce.inventory.database;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** The read model: each event counts once, and a rebuild gives the same result. */
@DatabaseTest
class InventorySummaryTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @Test
    void eventsAreCountedByProduct() {
        event("InventoryReserved", "a", 3, 1);
        event("InventoryReserved", "a", 2, 2);
        event("InventoryReleased", "a", -3, 3);
        event("InventoryCommitted", "a", -2, 4);
        event("InventoryReserved", "b", 7, 5);
        event("InventoryInsufficient", "a", 0, 6);

        assertThat(fold(100)).isEqualTo(6);

        assertThat(summary()).containsExactly(
            "a: 2 reservations, 0 reserved, 1 insufficient, 1 released, 1 committed, 2 sold, 0 received, last 2 6 3 4",
            "b: 1 reservations, 7 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 0 received, last 5 - - -");
    }

    @Test
    void unitsOfACommittedOrderThatAreGivenBackAreNoLongerSoldAndWereNotReserved() {
        event("InventoryReserved", "a", 5, 1);
        event("InventoryCommitted", "a", -5, 2);
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at) "
            + "VALUES (gen_random_uuid(), 'InventoryReleased', '{\"productId\": \"a\", \"quantityReleased\": 3}', 'order', to_timestamp(3))");

        fold(100);

        assertThat(summary()).containsExactly("a: 1 reservations, 0 reserved, 0 insufficient, 1 released, 1 committed, 2 sold, 0 received, last 1 - 3 2");
    }

    @Test
    void whatIsRestockedAndAdjustedIsReceived() {
        event("InventoryRestocked", "a", 10, 1);
        event("InventoryAdjusted", "a", -3, 2);
        event("InventoryRestocked", "a", 5, 3);
        event("InventoryAdjusted", "b", -1, 4);

        assertThat(fold(100)).isEqualTo(4);

        assertThat(summary()).containsExactly(
            "a: 0 reservations, 0 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 12 received, last - - - -",
            "b: 0 reservations, 0 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, -1 received, last - - - -");
    }

    @Test
    void theMomentOfTheFoldIsKept() {
        event("InventoryReserved", "a", 3, 1);
        fold(100);
        assertThat(tables.count("inventory_summary WHERE folded_at BETWEEN now() - interval '1 min' AND now()")).isEqualTo(1);
        jdbc.update("UPDATE inventory_summary SET folded_at = now() + interval '1 day'");
        event("InventoryReserved", "a", 1, 2);

        fold(100);

        assertThat(tables.count("inventory_summary WHERE folded_at > now()")).as("not set back with the clock").isEqualTo(1);
    }

    @Test
    void aBatchTakesTheOldestAndTheNextOneTheRest() {
        for (int i = 1; i <= 5; i++) {
            event("InventoryReserved", "a", 1, i);
        }

        // The update moves the oldest row to the end of the table.
        jdbc.update("UPDATE outbox_unprojected SET message_id = message_id WHERE sequence = (SELECT min(sequence) FROM outbox_unprojected)");

        assertThat(fold(2)).isEqualTo(2);
        assertThat(summary()).containsExactly("a: 2 reservations, 2 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 0 received, last 2 - - -");
        assertThat(List.of(fold(2), fold(2), fold(2))).containsExactly(2L, 1L, 0L);
        assertThat(summary()).containsExactly("a: 5 reservations, 5 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 0 received, last 5 - - -");
    }

    @Test
    void aFoldThatIsRolledBackHasNotHappened() {
        event("InventoryReserved", "a", 3, 1);

        transaction.executeWithoutResult(crash -> {
            assertThat(fold(100)).isEqualTo(1);
            crash.setRollbackOnly();
        });

        assertThat(summary()).isEmpty();
        assertThat(fold(100)).as("it still waits").isEqualTo(1);
        assertThat(summary()).hasSize(1);
    }

    @Test
    void whileOneInstanceFoldsAnotherFindsNothingToDo() {
        event("InventoryReserved", "a", 3, 1);

        transaction.executeWithoutResult(first -> {
            assertThat(fold(100)).isEqualTo(1);
            assertThat(transaction.<Long>execute(second -> fold(100))).isZero();
        });

        assertThat(summary()).containsExactly("a: 1 reservations, 3 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 0 received, last 1 - - -");
    }

    @Test
    void aRelayThatHoldsAnEventDoesNotHoldUpTheFold() {
        event("InventoryReserved", "a", 3, 1);

        transaction.executeWithoutResult(relay -> {
            assertThat(tables.run("claim-outbox", "batchSize", 100)).hasSize(1);
            assertThat(transaction.<Long>execute(folder -> fold(100))).isEqualTo(1);
        });
    }

    @Test
    void aFoldAddsToWhatIsThereAndNoMomentMovesBackwards() {
        event("InventoryReserved", "a", 9, 11);
        event("InventoryInsufficient", "a", 0, 12);
        event("InventoryReleased", "a", -2, 13);
        event("InventoryCommitted", "a", -1, 14);
        event("InventoryRestocked", "a", 10, 15);
        event("InventoryAdjusted", "a", -3, 16);
        fold(100);
        event("InventoryReserved", "a", 8, 1);
        event("InventoryInsufficient", "a", 0, 2);
        event("InventoryReleased", "a", -3, 3);
        event("InventoryCommitted", "a", -4, 4);
        event("InventoryRestocked", "a", 20, 5);
        event("InventoryAdjusted", "a", -6, 6);

        fold(100);

        assertThat(summary()).containsExactly("a: 2 reservations, 7 reserved, 2 insufficient, 2 released, 2 committed, 5 sold, 21 received, last 11 12 13 14");
    }

    @Test
    void aRebuildGivesTheSameRowsAndLeavesWhatWaitsWaiting() {
        event("InventoryReserved", "a", 3, 1);
        event("InventoryReserved", "b", 1, 2);
        event("InventoryReleased", "a", -3, 3);
        fold(2);
        List<String> before = summary();
        jdbc.update("UPDATE inventory_summary SET total_reservations = 99");

        assertThat(rebuild()).isEqualTo(2);

        assertThat(summary()).isEqualTo(before);
        assertThat(fold(100)).as("the release").isEqualTo(1);
        assertThat(summary().get(0)).isEqualTo("a: 1 reservations, 0 reserved, 0 insufficient, 1 released, 0 committed, 0 sold, 0 received, last 1 - 3 -");
    }

    @Test
    void aRebuildWaitsForAFoldThatIsUnderWay() {
        event("InventoryReserved", "a", 3, 1);

        CompletableFuture<Long> rebuild = transaction.execute(folder -> {
            assertThat(fold(100)).isEqualTo(1);
            CompletableFuture<Long> operator = CompletableFuture.supplyAsync(this::rebuild);
            await().until(() -> operator.isDone()
                || tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
            assertThat(operator).as("it waits").isNotDone();
            return operator;
        });

        assertThat(rebuild.join()).isEqualTo(1);
        assertThat(summary()).as("each event once").containsExactly(
            "a: 1 reservations, 3 reserved, 0 insufficient, 0 released, 0 committed, 0 sold, 0 received, last 1 - - -");
    }

    @Test
    void aRebuildKeepsOthersFromFolding() {
        event("InventoryReserved", "a", 3, 1);

        transaction.executeWithoutResult(operator -> {
            tables.run("lock-summary");
            assertThat(transaction.<Long>execute(folder -> fold(100))).as("not now").isZero();
        });

        assertThat(fold(100)).isEqualTo(1);
    }

    /** @param change of the reserved stock or, for restocks and adjustments, of the total stock */
    private void event(String type, String product, int change, int second) {
        String quantity = Map.of("InventoryReserved", "quantityReserved", "InventoryReleased", "quantityReleased",
            "InventoryCommitted", "quantityCommitted", "InventoryInsufficient", "requestedQuantity",
            "InventoryRestocked", "quantityAdded", "InventoryAdjusted", "quantityChange").get(type);
        boolean received = type.equals("InventoryRestocked") || type.equals("InventoryAdjusted");
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, reserved_change, created_at) "
            + "VALUES (gen_random_uuid(), ?, jsonb_build_object('productId', ?, ?, ?), 'order', ?, to_timestamp(?))",
            type, product, quantity, received ? change : Math.abs(change), received ? 0 : change, second);
    }

    private long fold(int batchSize) {
        return (Long) tables.run("fold-summary", "batchSize", batchSize).get(0).get("count");
    }

    private long rebuild() {
        return transaction.execute(rebuild -> {
            tables.run("lock-summary");
            return (Long) tables.run("rebuild-summary").get(0).get("count");
        });
    }

    /** One line per product. Times are in seconds: of reservation, shortage, release and commit. */
    private List<String> summary() {
        return jdbc.queryForList("""
            SELECT format('%s: %s reservations, %s reserved, %s insufficient, %s released, %s committed, %s sold, %s received, last %s %s %s %s', product_id,
                total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count, total_committed_count,
                total_committed_quantity, total_received_quantity,
                coalesce(extract(epoch FROM last_reservation_at)::int::text, '-'), coalesce(extract(epoch FROM last_insufficient_at)::int::text, '-'),
                coalesce(extract(epoch FROM last_released_at)::int::text, '-'), coalesce(extract(epoch FROM last_committed_at)::int::text, '-'))
            FROM inventory_summary ORDER BY product_id""", String.class);
    }
}
