package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Which events a relay may claim, alone and together with another relay, and when refused events are due. Events are named by key and
 * number: a1 is before a2.
 */
@DatabaseTest
class ClaimOutboxTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @BeforeEach
    void events() {
        List.of("a1", "b1", "a2", "c1", "b2", "a3").forEach(name -> jdbc.update("INSERT INTO outbox (message_id, message_type, "
            + "message_body, partition_key) VALUES (gen_random_uuid(), ?, '{}', ?)", name, name.substring(0, 1)));
        // The update moves these rows behind the others in the table.
        List.of("b1", "a1").forEach(name -> jdbc.update("UPDATE outbox SET partition_key = partition_key WHERE message_type = ?", name));
    }

    @Test
    void eventsAreClaimedInTheirOrder() {
        assertThat(claim(100)).containsExactly("a1", "b1", "a2", "c1", "b2", "a3");
        assertThat(claim(2)).containsExactly("a1", "b1");
    }

    @Test
    void anotherRelayTakesTheKeysThatAreLeftAndNeverALaterEventOfAClaimedOne() {
        transaction.executeWithoutResult(first -> {
            assertThat(claim(2)).containsExactly("a1", "b1");
            // In its own transaction, as in another process. a2, a3 and b2 are behind events that the first relay has claimed.
            List<String> second = transaction.execute(other -> claim(100));
            assertThat(second).containsExactly("c1");
        });
        assertThat(claim(100)).as("a claim ends with its transaction").hasSize(6);
    }

    @Test
    void anEventThatWaitsForARetryHoldsBackItsOwnKeyOnly() {
        jdbc.update("UPDATE outbox SET next_retry_at = now() + interval '1 hour' WHERE message_type = 'a1'");
        assertThat(claim(100)).containsExactly("b1", "c1", "b2");

        jdbc.update("UPDATE outbox SET next_retry_at = now() - interval '1 second' WHERE message_type = 'a1'");
        assertThat(claim(100)).as("until it is due").containsExactly("a1", "b1", "a2", "c1", "b2", "a3");
    }

    @Test
    void anEventThatIsDueAgainIsLeftToTheRelayThatHasIt() {
        jdbc.update("UPDATE outbox SET next_retry_at = now() - interval '2 seconds' WHERE message_type = 'a1'");
        jdbc.update("UPDATE outbox SET next_retry_at = now() - interval '1 second' WHERE message_type = 'b1'");

        transaction.executeWithoutResult(first -> {
            assertThat(claim(1)).containsExactly("a1");
            List<String> second = transaction.execute(other -> claim(100));
            assertThat(second).as("without waiting for the first one").containsExactly("b1", "b2");
        });
    }

    @Test
    void anEventThatIsDueWaitsForAnOlderOneOfItsKeyThatIsNot() {
        jdbc.update("UPDATE outbox SET next_retry_at = now() + interval '1 hour' WHERE message_type = 'a1'");
        jdbc.update("UPDATE outbox SET next_retry_at = now() - interval '1 second' WHERE message_type = 'a2'");

        assertThat(claim(100)).containsExactly("b1", "c1", "b2");
    }

    @ParameterizedTest(name = "refused {0} times before: {1} s")
    @CsvSource({"0, 1", "1, 2", "2, 4", "5, 32", "8, 256", "9, 300", "40, 300", "5000, 300"})
    void aRefusedEventIsPutOffTwiceAsLongEachTimeUpToTheLongestDelay(int before, int longest) {
        jdbc.update("UPDATE outbox SET retry_count = ?", before);
        UUID[] refused = jdbc.queryForList("SELECT message_id FROM outbox WHERE partition_key <> 'c'", UUID.class).toArray(UUID[]::new);

        transaction.executeWithoutResult(round -> {
            tables.run("mark-outbox-failed", Map.of("failed", refused, "errors", new String[] {"1", "2", "3", "4", "5"}, "retryDelayMax", "300"));

            assertThat(tables.count("outbox WHERE retry_count = " + (before + 1) + " AND next_retry_at - now() BETWEEN interval '"
                + longest / 2.0 + " s' AND interval '" + longest + " s'")).as("randomly shorter, by up to half").isEqualTo(5);
        });

        assertThat(jdbc.queryForList("SELECT DISTINCT next_retry_at FROM outbox WHERE next_retry_at IS NOT NULL")).as("not all at the same time")
            .hasSizeGreaterThan(1);
        assertThat(jdbc.queryForList("SELECT error_message FROM outbox WHERE error_message IS NOT NULL ORDER BY 1", String.class))
            .containsExactly("1", "2", "3", "4", "5");
        assertThat(claim(100)).as("held back").containsExactly("c1");
    }

    @Test
    void aPublishedEventIsNotClaimedAgain() {
        UUID[] published = jdbc.queryForList("SELECT message_id FROM outbox WHERE message_type IN ('a1', 'b1', 'c1')", UUID.class).toArray(UUID[]::new);
        tables.run("mark-outbox-published", "published", published);
        assertThat(claim(100)).containsExactly("a2", "b2", "a3");
    }

    private List<String> claim(int batchSize) {
        return tables.run("claim-outbox", "batchSize", batchSize).stream().map(row -> (String) row.get("message_type")).toList();
    }
}
