package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Shop.await;
import static ecommerce.inventory.support.Shop.order;
import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Management;
import ecommerce.inventory.support.Shop;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

/** What an operator does on the management port, and what no one else can. */
@WorkerTest
@Import(Management.class)
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {"inventory.operator.token=" + OperatorTest.TOKEN, "logging.level.ecommerce.inventory.operator=INFO"})
class OperatorTest {

    static final String TOKEN = "a-token-of-at-least-16";
    private static final String WHO = "\"by\": \"jane\", \"reason\": \"a test\"";

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private Shop shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private Management management;

    @BeforeEach
    void stock() {
        jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES ('a', 1000) ON CONFLICT DO NOTHING");
    }

    @Test
    void nothingIsThereWithoutATokenInTheSettings() {
        EmbeddedServiceBus other = Backend.startBus(null);
        try (var worker = Worker.start(Backend.createDatabase(), other)) {
            assertThat(new Management(worker.getEnvironment()).post("operator/rebuild-summary", TOKEN, "{" + WHO + "}").statusCode()).isEqualTo(404);
        }
        other.close();
    }

    @Test
    void aWrongTokenIsRefusedWhateverTheRequest() {
        assertThat(management.post("operator/rebuild-summary", null, "{" + WHO + "}").statusCode()).isEqualTo(401);
        assertThat(management.post("operator/rebuild-summary", TOKEN + "x", "{" + WHO + "}").statusCode()).isEqualTo(401);
        assertThat(management.post("operator/x", "x", "{}").statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        rebuild-summary      | "by": " ", "reason": "x"                              | by: is blank; it is kept who wanted it and why
        rebuild-summary      | "by": "jane"                                          | reason: is blank; it is kept who wanted it and why
        replay-dead-messages | "by": "jane", "reason": "x", "messageId": "1"         | messageId: '1' is no UUID
        replay-dead-letters  | "by": "jane", "reason": "x"                           | source: 'null' is no route that receives from Service Bus
        pause-consumer       | "by": "jane", "reason": "x", "source": "outbox-relay" | source: 'outbox-relay' is no route that receives from Service Bus
        drop-tables          | "by": "jane", "reason": "x"                           | 'drop-tables' is no action
        """)
    void aWrongRequestIsToldWhatIsWrong(String action, String fields, String error) {
        var answer = management.post("operator/" + action, TOKEN, "{" + fields + "}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(error);
    }

    @Test
    void deadMessagesAreReplayedAndItIsKeptAndLoggedByWhomAndWhy(CapturedOutput output) {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, source_message_id, partition_key, parked_sequence, dead_at) "
            + "VALUES (gen_random_uuid(), 'OrderCreated', ?::jsonb, 'm', 'dead', nextval('inbox_parked_sequence'), now())",
            "{\"orderId\": \"dead\", \"items\": [{\"productId\": \"a\", \"quantity\": 1}]}");

        assertThat(act("replay-dead-messages", WHO)).isEqualTo("{\"result\":1}");

        await().until(() -> "Reserved".equals(tables.statusOf("dead")));
        assertThat(tables.row("SELECT replayed_by, reason FROM message_replays WHERE source = 'inbox'"))
            .containsEntry("replayed_by", "jane").containsEntry("reason", "a test");
        assertThat(output).contains("Operator: replay-dead-messages", "replayedBy=jane", "reason=a test").doesNotContain(TOKEN);
    }

    @Test
    void deadLettersAreReplayed() {
        shop.send(Shop.orderCreated("{}"));
        await().until(() -> shop.deadLetters().size() == 1);

        assertThat(act("replay-dead-letters", WHO + ", \"source\": \"orders-subscription\"")).contains("\"replayed\":0", "SchemaViolation");
    }

    @Test
    void theReadModelIsMadeAnew() {
        assertThat(act("rebuild-summary", WHO)).startsWith("{\"result\":");
    }

    @Test
    void aConsumerIsPausedAndResumed() {
        assertThat(act("pause-consumer", WHO + ", \"source\": \"orders-subscription\"")).isEqualTo("{\"result\":\"Suspended\"}");
        shop.send(order("order-1", "1 a"));
        shop.command("RestockInventory", "{\"productId\": \"b\", \"quantityToAdd\": 1}");
        await().until(() -> tables.count("inbox WHERE message_type = 'RestockInventory'") == 1);
        assertThat(bus.counts(Shop.SUBSCRIPTION).active()).as("left where it is").isEqualTo(1);
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(200);

        assertThat(act("resume-consumer", WHO + ", \"source\": \"orders-subscription\"")).isEqualTo("{\"result\":\"Started\"}");
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
    }

    private String act(String action, String fields) {
        var answer = management.post("operator/" + action, TOKEN, "{" + fields + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }
}
