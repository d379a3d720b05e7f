package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** What retention deletes, and what it keeps. */
@DatabaseTest
class RetentionTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @Test
    void processedMessagesAreDeletedAfterTheirRetentionTheOldestFirst() {
        message("d", "processed_at", 29);
        message("c", "processed_at", 31);
        message("b", "processed_at", 32);
        message("a", "processed_at", 33);

        assertThat(purge("inbox", 2)).isEqualTo(2);
        assertThat(names("inbox")).containsExactlyInAnyOrder("c", "d");
        assertThat(List.of(purge("inbox", 2), purge("inbox", 2))).containsExactly(1L, 0L);
        assertThat(names("inbox")).containsExactly("d");
    }

    @Test
    void whatIsParkedIsNeverDeletedAndWhatIsDeadNotWithWhatIsProcessed() {
        message("parked", "next_retry_at", 99);
        message("dead", "dead_at", 99);

        assertThat(purge("inbox", 100)).isZero();
    }

    @Test
    void deadMessagesAreDeletedAfterTheirRetentionThoseThatDiedFirstBefore() {
        message("parked", "next_retry_at", 99);
        message("processed", "processed_at", 99);
        message("d", "dead_at", 29);
        message("c", "dead_at", 31);
        message("b", "dead_at", 32);
        message("a", "dead_at", 33);

        assertThat(purge("dead-messages", 2)).isEqualTo(2);
        assertThat(names("inbox")).containsExactlyInAnyOrder("parked", "processed", "c", "d");
        assertThat(List.of(purge("dead-messages", 2), purge("dead-messages", 2))).containsExactly(1L, 0L);

        assertThat(names("inbox")).containsExactlyInAnyOrder("parked", "processed", "d");
    }

    @Test
    void aDeadMessageThatIsTriedAgainIsNoLongerDead() {
        message("a", "dead_at", 99);
        tables.run("replay-dead-messages", Map.of("messageId", jdbc.queryForObject("SELECT message_id FROM inbox", String.class),
            "replayedBy", "ann", "reason", "fixed"));

        assertThat(purge("dead-messages", 100)).isZero();
    }

    @Test
    void publishedEventsAreDeletedAfterTheirRetentionOnceTheReadModelHasThem() {
        event("a", 31, true);
        event("b", 31, false);
        event("c", 29, true);
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at) "
            + "VALUES (gen_random_uuid(), 'unpublished', '{}', 'k', now() - interval '99 days')");

        assertThat(purge("outbox", 100)).isEqualTo(1);

        assertThat(names("outbox")).containsExactlyInAnyOrder("b", "c", "unpublished");
    }

    @Test
    void publishedEventsAreDeletedTheOldestFirst() {
        event("c", 31, true);
        event("b", 32, true);
        event("a", 33, true);

        assertThat(purge("outbox", 2)).isEqualTo(2);

        assertThat(names("outbox")).containsExactly("c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inbox", "outbox", "dead-messages"})
    void whatAnotherTransactionHasIsLeftForTheNextTime(String what) {
        String table = what.equals("outbox") ? "outbox" : "inbox";
        for (int days = 31; days <= 33; days++) {
            if (what.equals("outbox")) {
                event(String.valueOf(days), days, true);
            } else {
                message(String.valueOf(days), what.equals("inbox") ? "processed_at" : "dead_at", days);
            }
        }

        transaction.executeWithoutResult(other -> {
            jdbc.queryForList("SELECT FROM " + table + " WHERE message_type = '33' FOR UPDATE");
            assertThat(transaction.<Long>execute(purge -> purge(what, 100))).as("without waiting").isEqualTo(2);
        });

        assertThat(names(table)).containsExactly("33");
        assertThat(purge(what, 100)).isEqualTo(1);
    }

    @Test
    void aRebuildAfterAPurgeGivesTheSameReadModel() {
        for (int i = 0; i < 40; i++) {
            jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, reserved_change, created_at, published_at) "
                + "VALUES (gen_random_uuid(), ?, jsonb_build_object('productId', ?, 'quantityReleased', 5, 'quantityCommitted', 4, 'quantityAdded', 7), "
                + "'k', ?, to_timestamp(?), now() - make_interval(days => ?))",
                List.of("InventoryReserved", "InventoryReleased", "InventoryCommitted", "InventoryInsufficient", "InventoryRestocked").get(i % 5),
                "product-" + i % 3, new int[] {7, -2, -4, 0, 0}[i % 5], i, 89 - 2 * i);
        }
        tables.run("fold-summary", "batchSize", 36);
        List<Map<String, Object>> before = summary();

        assertThat(purge("outbox", 15)).as("in two batches, each with all event types of all products").isEqualTo(15);
        assertThat(purge("outbox", 100)).isEqualTo(15);
        transaction.executeWithoutResult(rebuild -> {
            tables.run("lock-summary");
            tables.run("rebuild-summary");
        });

        assertThat(summary()).isEqualTo(before).isNotEmpty();
        assertThat(tables.run("fold-summary", "batchSize", 8).get(0)).as("events that were not folded are folded now").containsEntry("count", 4L);
    }

    /** The read model without the time of the fold. */
    private List<Map<String, Object>> summary() {
        return tables.rows("SELECT to_jsonb(s) - 'folded_at' AS row FROM inventory_summary AS s ORDER BY product_id");
    }

    private void message(String name, String moment, int daysAgo) {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, received_at, " + moment + ") "
            + "VALUES (gen_random_uuid(), ?, '{}', now() - interval '99 days', now() - make_interval(days => ?))", name, daysAgo);
    }

    private void event(String name, int publishedDaysAgo, boolean projected) {
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at, published_at) "
            + "VALUES (gen_random_uuid(), ?, '{}', 'k', now() - interval '99 days', now() - make_interval(days => ?))", name, publishedDaysAgo);
        if (projected) {
            jdbc.update("DELETE FROM outbox_unprojected WHERE message_id = (SELECT message_id FROM outbox WHERE message_type = ?)", name);
        }
    }

    private List<String> names(String table) {
        return jdbc.queryForList("SELECT message_type FROM " + table, String.class);
    }

    private long purge(String table, int batchSize) {
        return (Long) tables.run("purge-" + table, Map.of("retention", "2592000", "batchSize", batchSize)).get(0).get("count");
    }
}
