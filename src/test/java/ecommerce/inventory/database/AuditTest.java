package ecommerce.inventory.database;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;

/** The records of commands and operators' actions, and the commands that are refused because of earlier ones. */
@DatabaseTest
class AuditTest {

    private static final int MOST = Integer.MAX_VALUE;

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @BeforeEach
    void tenAvailable() {
        tables.stock("a", 10);
    }

    @Test
    void aProductIsRecordedWithTheUnitsItWasMadeWith() {
        restock("new", 7, UUID.randomUUID());

        assertThat(recorded()).containsExactlyInAnyOrder("Initial a 10 by postgres", "Initial new 0 by postgres", "RestockInventory new 7 by ann: delivery");
    }

    @ParameterizedTest
    @CsvSource({"RestockInventory, 5", "AdjustInventory, 5", "AdjustInventory, -5"})
    void aCommandIsRecordedWithWhoWhyAndWhen(String type, int units) {
        UUID id = UUID.randomUUID();
        transaction.executeWithoutResult(command -> {
            jdbc.execute("SELECT set_config('inventory.enqueued_at', '2026-11-27T10:00:00Z', true)");
            assertThat(run(type, "a", units, id)).isNull();
        });

        assertThat(recorded()).containsExactly("Initial a 10 by postgres", type + " a " + units + " by ann: delivery");
        assertThat(tables.row("SELECT message_id, source_message_id, enqueued_at = '2026-11-27T10:00:00Z' AS enqueued, "
            + "changed_at = last_updated AS then FROM stock_changes JOIN inventory USING (product_id) WHERE type <> 'Initial'"))
            .isEqualTo(Map.of("message_id", id, "source_message_id", "sent-" + id, "enqueued", true, "then", true));
        assertThat(tables.row("SELECT message_body ->> 'by' AS by, message_body ->> 'reason' AS reason FROM outbox"))
            .isEqualTo(Map.of("by", "ann", "reason", "delivery"));
    }

    @Test
    void whoAndWhyMayBeMissing() {
        Map<String, Object> parameters = parameters(UUID.randomUUID(), "{\"productId\": \"a\", \"quantityToAdd\": 1, \"by\": null}");

        assertThat(tables.run("restock-inventory", parameters).get(0).get("rejection")).isNull();

        assertThat(recorded()).contains("RestockInventory a 1");
        assertThat(tables.count("outbox WHERE jsonb_exists_any(message_body, ARRAY['by', 'reason'])")).as("events with one of these fields").isZero();
    }

    @Test
    void whatIsRejectedIsNotRecorded() {
        assertThat(adjust("a", -11, UUID.randomUUID())).isEqualTo(
            "quantityChange: is -11, but product a has 10 available of 10 in all, and 0 sold, which may come back");
        assertThat(adjust("a", 0, UUID.randomUUID())).isEqualTo("quantityChange: is 0, which changes nothing");
        assertThat(adjust("b", 1, UUID.randomUUID())).isEqualTo("productId: b is not known");

        assertThat(recorded()).containsExactly("Initial a 10 by postgres");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RestockInventory", "AdjustInventory"})
    void aCommandThatComesAgainWhenTheInboxHasForgottenItIsRejected(String type) {
        UUID id = UUID.randomUUID();
        assertThat(run(type, "a", 5, id)).isNull();
        String when = jdbc.queryForObject("SELECT utc(changed_at) FROM stock_changes WHERE message_id = ?", String.class, id);

        for (String again : List.of("RestockInventory", "AdjustInventory")) {
            assertThat(run(again, "a", 5, id)).isEqualTo("MessageId: sent-" + id + " was that of a " + type + " of product a, which took effect at "
                + when + "; it is not done twice");
        }

        assertThat(tables.stockOf("a")).isEqualTo("15 available, 0 reserved, version 2");
        assertThat(tables.count("outbox")).isEqualTo(1);
        assertThat(recorded()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        RestockInventory | quantityToAdd: 6 more of product b would be more than 2147483647 in all: 2147483632 are available, 5 reserved, and 5 sold, which may come back
        AdjustInventory  | quantityChange: is 6, but product b has 2147483632 available of 2147483637 in all, and 5 sold, which may come back
        """)
    void whatIsSoldCountsAsItMayComeBack(String type, String rejection) {
        tables.stock("b", MOST - 5);
        reserve("sold", 5);
        commit("sold");
        reserve("reserved", 5);

        assertThat(run(type, "b", 6, UUID.randomUUID())).isEqualTo(rejection);
        assertThat(run(type, "b", 5, UUID.randomUUID())).isNull();
        assertThat(run(type, "b", 1, UUID.randomUUID())).isNotNull();

        release("sold");
        release("reserved");
        assertThat(tables.stockOf("b")).startsWith(MOST + " available, 0 reserved");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RestockInventory", "AdjustInventory"})
    void aCommandThatWaitsForAnotherCountsItsUnits(String type) {
        tables.stock("b", MOST - 5);

        String rejection = whileInFlight(() -> restock("b", 5, UUID.randomUUID()), type, 1);

        assertThat(rejection).contains("2147483647");
        assertThat(tables.stockOf("b")).startsWith(MOST + " available");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RestockInventory", "AdjustInventory"})
    void aCommandThatWaitsForASaleCountsTheUnitsThatItTakes(String type) {
        tables.stock("b", MOST - 5);
        reserve("1", 5);

        assertThat(whileInFlight(() -> commit("1"), type, 6)).isNotNull();
        assertThat(tables.stockOf("b")).startsWith(MOST - 10 + " available, 0 reserved");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RestockInventory", "AdjustInventory"})
    void aCommandThatWaitsForAReturnCountsItsUnitsOnce(String type) {
        tables.stock("b", MOST - 5);
        reserve("1", 5);
        commit("1");

        assertThat(whileInFlight(() -> release("1"), type, 5)).isNull();
        assertThat(tables.stockOf("b")).startsWith(MOST + " available, 0 reserved");
    }

    @Test
    void lessIsTakenAwayHoweverMuchThereIs() {
        tables.stock("b", MOST);
        reserve("1", 5);
        commit("1");
        jdbc.update("UPDATE inventory SET available_stock = ? WHERE product_id = 'b'", MOST);

        assertThat(adjust("b", -1, UUID.randomUUID())).isNull();
    }

    @Test
    void anActionOfAnOperatorIsRecorded() {
        tables.run("log-operator-action", action("rebuild-summary", "{\"x\": 1}", "ann", "it differs", "10.0.0.7"));

        assertThat(tables.row("SELECT action, CAST(parameters AS text) AS parameters, acted_by, reason, client, acted_at > now() - interval '1 minute' AS now "
            + "FROM operator_actions")).isEqualTo(Map.of("action", "rebuild-summary", "parameters", "{\"x\": 1}", "acted_by", "ann",
                "reason", "it differs", "client", "10.0.0.7", "now", true));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {"{}, \" \", x", "{}, x, \"\"", "{, x, x", "{}, , x", "{}, x, "})
    void anActionByNobodyForNoReasonOrOfNoJsonIsNotRecorded(String parameters, String by, String reason) {
        assertThatThrownBy(() -> tables.run("log-operator-action", action("rebuild-summary", parameters, by, reason, null)))
            .isInstanceOf(DataIntegrityViolationException.class);
    }

    /** Runs a command while another transaction has locked the product. Returns why it is rejected, or null. */
    private String whileInFlight(Runnable other, String type, int units) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        transaction.executeWithoutResult(inFlight -> {
            other.run();
            answer.completeAsync(() -> run(type, "b", units, UUID.randomUUID()));
            // A correction that is too large in any case does not wait.
            await().until(() -> answer.isDone()
                || tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
        });
        return answer.join();
    }

    private String restock(String productId, int units, UUID messageId) {
        return run("RestockInventory", productId, units, messageId);
    }

    private String adjust(String productId, int units, UUID messageId) {
        return run("AdjustInventory", productId, units, messageId);
    }

    /** @return the reason why it is rejected, or null */
    private String run(String type, String productId, int units, UUID messageId) {
        boolean restock = type.equals("RestockInventory");
        return (String) tables.run(restock ? "restock-inventory" : "adjust-inventory", parameters(messageId,
            "{\"productId\": \"" + productId + "\", \"" + (restock ? "quantityToAdd" : "quantityChange") + "\": " + units
                + ", \"by\": \"ann\", \"reason\": \"delivery\"}")).get(0).get("rejection");
    }

    private static Map<String, Object> parameters(UUID messageId, String body) {
        Map<String, Object> parameters = new HashMap<>(Map.of("messageId", messageId, "sourceMessageId", "sent-" + messageId, "messageBody", body));
        parameters.put("correlationId", null);
        parameters.put("traceparent", null);
        parameters.put("tracestate", null);
        return parameters;
    }

    private void reserve(String orderId, int units) {
        Map<String, Object> order = Tables.columns(parameters(UUID.randomUUID(),
            "{\"orderId\": \"" + orderId + "\", \"items\": [{\"productId\": \"b\", \"quantity\": " + units + "}]}"));
        order.put("reservationTtl", "900");
        assertThat(tables.run("reserve-inventory", order).get(0)).containsEntry("outcome", "Reserved");
    }

    private void commit(String orderId) {
        Map<String, Object> payment = parameters(UUID.randomUUID(), "{\"orderId\": \"" + orderId + "\"}");
        tables.run("order-paid", payment);
        tables.run("commit-inventory", payment);
    }

    private void release(String orderId) {
        Map<String, Object> cancellation = parameters(UUID.randomUUID(), "{\"orderId\": \"" + orderId + "\"}");
        cancellation.put("event", "Cancelled");
        cancellation.putAll(tables.run("end-order", cancellation).get(0));
        tables.run("release-inventory", cancellation);
    }

    private static Map<String, Object> action(String action, String parameters, String by, String reason, String client) {
        Map<String, Object> row = new HashMap<>();
        row.put("action", action);
        row.put("parameters", parameters);
        row.put("by", by);
        row.put("reason", reason);
        row.put("client", client);
        return row;
    }

    private List<String> recorded() {
        return jdbc.queryForList("SELECT concat_ws(' ', type, product_id, quantity, 'by ' || changed_by) || coalesce(': ' || reason, '') "
            + "FROM stock_changes ORDER BY change_id", String.class);
    }
}
