package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** Which events a relay may take, alone and beside another. Events are named by key and number: a1 is before a2. */
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
        tables.clear();
        List.of("a1", "b1", "a2", "c1", "b2", "a3").forEach(name -> jdbc.update("INSERT INTO outbox (message_id, message_type, "
            + "message_body, partition_key) VALUES (gen_random_uuid(), ?, '{}', ?)", name, name.substring(0, 1)));
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
            // In its own transaction, as by another process. a2, a3 and b2 are behind what the first one has.
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
    void aPublishedEventIsNotClaimedAgain() {
        jdbc.update("UPDATE outbox SET published_at = now() WHERE message_type IN ('a1', 'b1', 'c1')");
        assertThat(claim(100)).containsExactly("a2", "b2", "a3");
    }

    private List<String> claim(int batchSize) {
        return tables.run("claim-outbox", "batchSize", batchSize).stream().map(row -> (String) row.get("message_type")).toList();
    }
}
