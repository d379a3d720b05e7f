package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
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
import servicebus.EmbeddedServiceBus;

/** Operators' actions on the management port, which nobody else can carry out. */
@WorkerTest
@Import(ManagementPort.class)
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {"inventory.operator.token=" + OperatorTest.TOKEN + ",ann:" + OperatorTest.TOKEN_OF_ANN,
    "logging.level.ecommerce.inventory.operator=INFO"})
class OperatorTest {

    static final String TOKEN = "a-token-of-at-least-32-characters";
    static final String TOKEN_OF_ANN = "the-token-of-ann-and-of-nobody-else";
    private static final String WHO = "\"by\": \"jane\", \"reason\": \"a test\"";

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private ManagementPort management;

    @BeforeEach
    void stock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES ('a', 1000) ON CONFLICT DO NOTHING");
    }

    @Test
    void nothingIsThereWithoutATokenInTheSettings() {
        EmbeddedServiceBus other = Backend.startBus(null);
        try (var worker = Worker.start(Backend.createDatabase(), other)) {
            assertThat(new ManagementPort(worker.getEnvironment()).post("operator/rebuild-summary", TOKEN, "{" + WHO + "}").statusCode()).isEqualTo(404);
        }
        other.close();
    }

    @Test
    void aWrongTokenIsRefusedWhateverTheRequest() {
        assertThat(management.post("operator/rebuild-summary", null, "{" + WHO + "}").statusCode()).isEqualTo(401);
        assertThat(management.post("operator/rebuild-summary", TOKEN + "x", "{" + WHO + "}").statusCode()).isEqualTo(401);
        assertThat(management.post("operator/x", "x", "{}").statusCode()).isEqualTo(401);
    }

    @Test
    void aPartOfTheTokenIsNoToken() {
        for (String part : List.of("", TOKEN.substring(0, 1), TOKEN.substring(0, TOKEN.length() - 1), TOKEN.substring(1), TOKEN.toUpperCase(),
                "ann:" + TOKEN_OF_ANN, TOKEN + "," + TOKEN_OF_ANN)) {
            assertThat(management.post("operator/rebuild-summary", part, "{" + WHO + "}").statusCode()).as(part).isEqualTo(401);
        }
        assertThat(tables.count("operator_actions")).as("records of actions").isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        rebuild-summary      | "by": " ", "reason": "x"                              | by: ' ' is blank
        rebuild-summary      | "reason": "x"                                         | by: 'null' is blank
        rebuild-summary      | "by": "jane"                                          | reason: 'null' is blank
        replay-dead-messages | "by": "", "reason": "x", "all": true                  | by: '' is blank
        replay-dead-messages | "by": "jane", "reason": " ", "all": true              | reason: ' ' is blank
        rebuild-summary      | "by": "jane", "reason": "x", "all": true              | all: 'true' is not a field of rebuild-summary; there are by, reason
        rebuild-summary      | "by": {"a": 1}, "reason": "x"                         | by: '{a=1}' is neither a text nor a whole number nor true
        rebuild-summary      | "by": "jane", "by": "ann", "reason": "x"              | body: is not a JSON object at line 1
        rebuild-summary      | "by": "jane"                                       ]  | body: is not a JSON object at line 1
        replay-dead-messages | "by": "jane", "reason": "x", "messageId": "1"         | messageId: '1' is not a UUID
        replay-dead-messages | "by": "jane", "reason": "x", "messageID": "deadbeef"  | messageID: 'deadbeef' is not a field of replay-dead-messages; there are by, reason, all, messageId
        replay-dead-messages | "by": "jane", "reason": "x"                           | all, messageId: one of them is needed
        replay-dead-messages | "by": "jane", "reason": "x", "all": false             | all: 'false' is not true
        replay-dead-messages | "by": "jane", "reason": "x", "all": true, "messageId": "2b4c0f3a-7a8e-4b1c-9d2e-0f1a2b3c4d5e" | all, messageId: only one of them can be given
        replay-dead-letters  | "by": "jane", "reason": "x", "all": true              | source: 'null' is blank
        replay-dead-letters  | "by": "jane", "reason": "x", "source": "orders-subscription" | all, sequenceNumber: one of them is needed
        replay-dead-letters  | "by": "jane", "reason": "x", "source": "orders-subscription", "sequencenumber": 1 | sequencenumber: '1' is not a field of replay-dead-letters
        pause-consumer       | "by": "jane", "reason": "x", "source": "outbox-relay" | source: 'outbox-relay' is not a route that receives from Service Bus
        drop-tables          | "by": "jane", "reason": "x"                           | 'drop-tables' is not an action; there are replay-dead-messages
        REBUILD-SUMMARY      | "by": "jane", "reason": "x"                           | 'REBUILD-SUMMARY' is not an action
        erase                | "by": "jane", "reason": "x"                           | customerId, orderId: one of them is needed
        """)
    void aWrongRequestChangesNothingAndIsAnsweredWithWhatIsWrong(String action, String fields, String error) throws IOException {
        deadMessage();

        var answer = management.post("operator/" + action, TOKEN, "{" + fields + "}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(new ObjectMapper().readTree(answer.body()).get("detail").textValue()).startsWith(error);
        assertThat(tables.count("inbox WHERE dead_at IS NOT NULL")).as("still dead").isEqualTo(1);
    }

    @Test
    void aRequestWithoutTheTokenWritesNoCharacterThatALogWouldObey(CapturedOutput output) {
        management.post("operator/%C2%9B31m-%E2%80%A8-%C2%85-%0d%0a-end", null, "{}");

        assertThat(output.getOut()).contains("?31m-?-?-??-end of 127.0.0.1 is refused").doesNotContain("\u009B", "\u2028", "\u0085");
    }

    @Test
    void anOperatorWritesNoLineOfTheLog(CapturedOutput output) {
        assertThat(management.post("operator/rebuild-summary", TOKEN, "{\"by\": \"jane\\nERROR forged\", \"reason\": \"a\\r\\nERROR forged\"}").statusCode())
            .isEqualTo(200);
        assertThat(management.post("operator/erase", TOKEN, "{" + WHO + ", \"orderId\": \"1\", \"a\\nERROR forged\": \"b\\nERROR forged\"}").statusCode())
            .isEqualTo(400);

        assertThat(output.getAll()).contains("by jane?ERROR forged for a??ERROR forged", "a?ERROR forged: 'b?ERROR forged' is not a field")
            .doesNotContain("\nERROR forged");
    }

    @Test
    void anActionIsOnRecordUnderTheNameOfTheTokenBeforeItIsDone() {
        assertThat(management.post("operator/pause-consumer", TOKEN_OF_ANN, "{\"reason\": \"stocktaking\", \"source\": \"payments-subscription\"}").body())
            .isEqualTo("{\"result\":\"Suspended\"}");
        assertThat(management.post("operator/resume-consumer", TOKEN_OF_ANN, "{\"by\": \"ann\", \"reason\": \"done\", \"source\": \"payments-subscription\"}").statusCode())
            .isEqualTo(200);
        var other = management.post("operator/rebuild-summary", TOKEN_OF_ANN, "{\"by\": \"jane\", \"reason\": \"x\"}");

        assertThat(other.statusCode()).isEqualTo(400);
        assertThat(other.body()).contains("by: 'jane' is not ann, whose token it is");
        assertThat(tables.rows("SELECT action, CAST(parameters AS text) AS parameters, acted_by, reason, client FROM operator_actions ORDER BY action"))
            .containsExactly(
                Map.of("action", "pause-consumer", "parameters", "{\"source\": \"payments-subscription\"}", "acted_by", "ann",
                    "reason", "stocktaking", "client", "127.0.0.1"),
                Map.of("action", "resume-consumer", "parameters", "{\"source\": \"payments-subscription\"}", "acted_by", "ann",
                    "reason", "done", "client", "127.0.0.1"));
    }

    @Test
    void whatCannotBeRecordedIsNotDone() {
        deadMessage();
        jdbc.execute("ALTER TABLE operator_actions ADD CONSTRAINT nothing CHECK (false)");
        try {
            assertThat(management.post("operator/replay-dead-messages", TOKEN, "{" + WHO + ", \"all\": true}").statusCode()).isEqualTo(500);
        } finally {
            jdbc.execute("ALTER TABLE operator_actions DROP CONSTRAINT nothing");
        }

        assertThat(tables.count("inbox WHERE dead_at IS NOT NULL")).as("still dead").isEqualTo(1);
    }

    @Test
    void anErasureLeavesNeitherTheOrderNorItsNameInTheRecordOrTheLog(CapturedOutput output) {
        shop.send(order("order-to-erase", "1 a"));
        await().until(() -> "Reserved".equals(tables.statusOf("order-to-erase")));
        assertThat(management.post("operator/erase", TOKEN, "{" + WHO + ", \"orderId\": \"order-to-erase\"}").statusCode()).as("still open").isEqualTo(400);
        shop.send(about("order-to-erase", "OrderCancelled"));
        await().until(() -> "Cancelled".equals(tables.statusOf("order-to-erase")));
        shop.awaitQuiet(tables);
        String before = output.getAll();

        assertThat(act("erase", WHO + ", \"orderId\": \"order-to-erase\"")).contains("\"orders\":1");

        assertThat(tables.count("inventory_orders WHERE order_id = 'order-to-erase'")).isZero();
        assertThat(tables.count("operator_actions WHERE CAST(parameters AS text) LIKE '%order-to-erase%'")).isZero();
        assertThat(tables.count("operator_actions WHERE parameters ->> 'orderId' = 'sha256:' || encode(sha256('order-to-erase'), 'hex')")).isEqualTo(2);
        assertThat(output.getAll().substring(before.length())).contains("Operator: erase", "sha256:").doesNotContain("order-to-erase");
    }

    @Test
    void deadMessagesAreReplayedAndItIsKeptAndLoggedByWhomAndWhy(CapturedOutput output) {
        deadMessage();

        assertThat(act("replay-dead-messages", WHO + ", \"all\": true")).isEqualTo("{\"result\":1}");

        await().until(() -> "Reserved".equals(tables.statusOf("dead")));
        assertThat(tables.row("SELECT replayed_by, reason FROM message_replays WHERE source = 'inbox'"))
            .containsEntry("replayed_by", "jane").containsEntry("reason", "a test");
        assertThat(output).contains("Operator: replay-dead-messages", "by jane for a test").doesNotContain(TOKEN);
    }

    @Test
    void deadLettersAreReplayed() {
        shop.send(ShopDriver.orderCreated("{}"));
        await().until(() -> shop.deadLetters().size() == 1);

        assertThat(act("replay-dead-letters", WHO + ", \"source\": \"orders-subscription\", \"all\": true")).contains("\"replayed\":0", "SchemaViolation");
    }

    @Test
    void theReadModelIsMadeAnew() {
        shop.send(order("order-1", "3 a"));
        await().until(() -> tables.count("inventory_summary WHERE total_reservations = 1") == 1);
        jdbc.update("UPDATE inventory_summary SET total_reservations = 99");
        jdbc.update("INSERT INTO inventory_summary (product_id, folded_at) VALUES ('never', now())");

        assertThat(act("rebuild-summary", WHO)).isEqualTo("{\"result\":1}");

        assertThat(tables.rows("SELECT product_id, total_reservations FROM inventory_summary"))
            .containsExactly(Map.of("product_id", "a", "total_reservations", 1L));
    }

    @Test
    void aConsumerIsPausedAndResumed() {
        assertThat(act("pause-consumer", WHO + ", \"source\": \"orders-subscription\"")).isEqualTo("{\"result\":\"Suspended\"}");
        shop.send(order("order-1", "1 a"));
        shop.command("RestockInventory", "{\"productId\": \"b\", \"quantityToAdd\": 1}");
        await().until(() -> tables.count("inbox WHERE message_type = 'RestockInventory'") == 1);
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("left where it is").isEqualTo(1);
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(200);

        assertThat(act("resume-consumer", WHO + ", \"source\": \"orders-subscription\"")).isEqualTo("{\"result\":\"Started\"}");
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
    }

    private void deadMessage() {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, source_message_id, partition_key, parked_sequence, dead_at) "
            + "VALUES (gen_random_uuid(), 'OrderCreated', ?::jsonb, 'm', 'dead', nextval('inbox_parked_sequence'), now())",
            "{\"orderId\": \"dead\", \"items\": [{\"productId\": \"a\", \"quantity\": 1}]}");
    }

    private String act(String action, String fields) {
        var answer = management.post("operator/" + action, TOKEN, "{" + fields + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }
}
