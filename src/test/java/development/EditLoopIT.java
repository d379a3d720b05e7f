package development;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.FileSystemUtils;

/** A file that is saved while the worker runs takes effect without a restart, or is reported with file, line and cause. */
class EditLoopIT {

    private static final Path SOURCES = Path.of("src", "main", "resources");
    private static final String RESERVE = "routes/handlers/reserve-inventory.camel.yaml";
    private static final String LAST_STEP = "              - filter:\n                  id: paid-already";

    @TempDir
    private static Path resources;
    private static LauncherProcess launcher;

    private final List<String> edited = new ArrayList<>();
    private int mark;

    @BeforeAll
    static void start() throws IOException {
        FileSystemUtils.copyRecursively(SOURCES, resources);
        launcher = LauncherProcess.ready(resources);
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        launcher.process().end("TERM");
        launcher.close();
    }

    @AfterEach
    void restore() throws IOException {
        for (String file : List.copyOf(edited)) {
            if (Files.exists(SOURCES.resolve(file))) {
                save(file, Files.readString(SOURCES.resolve(file)));
                awaitLog("(Reloaded|Migrated) " + Pattern.quote(file) + ".*|" + Pattern.quote(file) + " is already live");
            }
        }
    }

    @Test
    void aStepThatIsAddedToARouteIsLive() throws Exception {
        edit(RESERVE, LAST_STEP, "              - log:\n                  id: edited\n                  message: Seen ${variable.messageType}\n" + LAST_STEP);
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");

        assertOrdersFlow();
        awaitLog("Seen OrderCreated");
    }

    @Test
    void aStatementIsLive() throws Exception {
        edit("routes/api/query-stock.sql", "(SELECT stock FROM", "(SELECT json_build_object('productId', 'edited-' || product_id) FROM");
        awaitLog("Reloaded routes/api/query-stock.sql: getStock");

        assertThat(launcher.get("/api/inventory/stock/prod-456").get("productId").textValue()).isEqualTo("edited-prod-456");
    }

    @Test
    void aStatementOfTheInboxIsLive() throws Exception {
        edit("routes/inbox/inbox-insert.sql", "SELECT message_id, message_type, decode(", "SELECT message_id, 'edited', decode(");
        awaitLog("Reloaded routes/inbox/inbox-insert.sql: inbox-transaction");

        assertOrdersFlow();
        Matcher database = Pattern.compile("jdbc:postgresql:\\S+").matcher(launcher.output());
        assertThat(database.find()).isTrue();
        assertThat(new JdbcTemplate(DataSourceBuilder.create().url(database.group()).username("postgres").build())
            .queryForObject("SELECT count(*) FROM inbox WHERE message_type = 'edited'", Long.class)).isEqualTo(1);
    }

    @Test
    void aStatementOfAnErrorHandlerIsLive() throws Exception {
        edit("routes/handlers/insufficient-inventory.sql", "'checkedAt',", "'edited', true, 'checkedAt',");
        awaitLog("Reloaded routes/handlers/insufficient-inventory.sql: .*reserve-inventory.*");

        JsonNode event = eventOf(order(1_000_000));
        assertThat(event.get("type").textValue()).isEqualTo("InventoryInsufficient");
        assertThat(event.get("body").path("edited").booleanValue()).as(event.toString()).isTrue();
    }

    @Test
    void anotherScheduleIsLive() throws Exception {
        edit("routes/outbox/outbox.camel.yaml", "\"{{inventory.outbox.schedule}}\"", "0/2 * * * * ?");
        awaitLog("Reloaded routes/outbox/outbox.camel.yaml: outbox-batch, outbox-poll, outbox-relay");

        assertOrdersFlow();
    }

    @Test
    void aSchemaIsLive() throws Exception {
        edit("contracts/in/OrderCancelled.schema.json", "\"required\": [\"orderId\"]", "\"required\": [\"orderId\", \"edited\"]");
        awaitLog("Reloaded contracts/in/OrderCancelled.schema.json");

        launcher.delete("/api/orders/" + order(1));
        awaitLog(".*is dead-lettered: SchemaViolation: .*edited.*");
    }

    @Test
    void whatASchemaKeepsIsLive() throws Exception {
        edit(RESERVE, LAST_STEP, "              - log:\n                  id: edited\n                  message: Ordered by ${variable.messageBody}\n" + LAST_STEP);
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");
        order(1);
        awaitLog("Ordered by (?!.*unitPrice).*");

        edit("contracts/in/OrderCreated.schema.json", "\"unitPrice\": {\"x-discard\": true, ", "\"unitPrice\": {");
        awaitLog("Reloaded contracts/in/OrderCreated.schema.json");
        order(1);
        awaitLog("Ordered by .*\"unitPrice\":1.*");
    }

    @Test
    void aSettingNeedsARestartAndTheLauncherSaysSo() throws Exception {
        edit("application.yaml", "\ninventory:\n", "\n# edited\ninventory:\n");
        awaitLog("application.yaml is read at the start: restart the launcher for the change to take effect");
    }

    @Test
    void anEventOfANewTypeIsLive() throws Exception {
        save("contracts/out/OrderNoted.schema.json", "{\"x-partition-key\": \"orderId\", \"required\": [\"orderId\"], \"properties\": "
            + "{\"orderId\": {\"type\": \"string\"}}}");
        awaitLog("Reloaded contracts/out/OrderNoted.schema.json");
        edit(RESERVE, LAST_STEP, "              - to:\n                  id: edited\n                  uri: outbox:OrderNoted\n" + LAST_STEP);
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");

        String order = order(1);

        await().until(() -> launcher.get("/api/events?orderId=" + order).findValuesAsText("type"), types -> types.contains("OrderNoted"));
    }

    @Test
    void aFunctionIsLive() throws Exception {
        edit("db/migration/V8__reserve_inventory.sql", "\nBEGIN\n", "\nBEGIN\n    RAISE 'It is edited';\n");
        awaitLog("Migrated db/migration/V8__reserve_inventory.sql: .*");

        order(1);
        awaitLog("Transaction rolled back, try 1 of a message: .*It is edited.*");
    }

    @Test
    void aNewFileIsLiveAndARouteThatIsTakenOutIsGone() throws Exception {
        String first = "- route:\n    id: first\n    from:\n      uri: timer:first?repeatCount=1\n      steps:\n"
            + "        - log:\n            message: The first runs\n";
        String second = first.replace("first", "second");
        save("routes/timers/edited.camel.yaml", first + second);
        awaitLog("Reloaded routes/timers/edited.camel.yaml: first, second");
        awaitLog("The first runs");
        awaitLog("The second runs");

        save("routes/timers/edited.camel.yaml", second);
        awaitLog("Reloaded routes/timers/edited.camel.yaml: first \\(removed\\), second");

        mark = launcher.output().length();
        Files.delete(resources.resolve("routes/timers/edited.camel.yaml"));
        awaitLog("Reloaded routes/timers/edited.camel.yaml: second \\(removed\\)");
    }

    @Test
    void aFileThatNeedsAnotherOneWaitsForIt() throws Exception {
        edit(RESERVE, LAST_STEP, "              - to:\n                  id: edited\n                  uri: direct:edited\n" + LAST_STEP);
        awaitLog("routes/handlers/reserve-inventory.camel.yaml:\\d+: there is no route from direct:edited");

        save("routes/timers/edited.camel.yaml", "- route:\n    id: edited-route\n    from:\n      uri: direct:edited\n      steps:\n"
            + "        - log:\n            message: It is called\n");
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");
        assertOrdersFlow();
        awaitLog("It is called");

        mark = launcher.output().length();
        Files.delete(resources.resolve("routes/timers/edited.camel.yaml"));
        awaitLog("routes/handlers/reserve-inventory.camel.yaml:\\d+: there is no route from direct:edited");
        assertOrdersFlow();
        awaitLog("It is called");
    }

    @Test
    void whatIsMadeOfATemplateFollowsIt() throws Exception {
        String template = "- routeTemplate:\n    id: edited\n    parameters:\n      - name: who\n    route:\n      from:\n"
            + "        uri: timer:edited-{{who}}?repeatCount=1\n        steps:\n          - log:\n              message: Template, {{who}}\n";
        String made = "- templatedRoute:\n    routeTemplateRef: edited\n    routeId: made\n    parameters:\n      - name: who\n        value: one\n";
        save("routes/timers/edited.camel.yaml", made);
        awaitLog("routes/timers/edited.camel.yaml:2: there is no routeTemplate with the id: edited");

        save("routes/timers/edited-template.camel.yaml", template);
        awaitLog("Reloaded routes/timers/edited.camel.yaml: made");
        awaitLog("Template, one");

        save("routes/timers/edited-template.camel.yaml", template.replace("Template,", "Another template,"));
        awaitLog("Reloaded routes/timers/edited-template.camel.yaml: made");
        awaitLog("Another template, one");

        save("routes/timers/edited-template.camel.yaml", template.replace("repeatCount", "repeatCounts"));
        awaitLog("routes/timers/edited-template.camel.yaml:7: .*repeatCounts.*");
        awaitLog("Another template, one");

        save("routes/timers/edited.camel.yaml", made.replace("one", "two"));
        Files.delete(resources.resolve("routes/timers/edited-template.camel.yaml"));
        awaitLog("Reloaded routes/timers/edited.camel.yaml: made");
        awaitLog("Another template, two");
        awaitLog("routes/timers/edited-template.camel.yaml: was deleted, but is needed by routes/timers/edited.camel.yaml");

        mark = launcher.output().length();
        Files.delete(resources.resolve("routes/timers/edited.camel.yaml"));
        awaitLog("Reloaded routes/timers/edited.camel.yaml: made \\(removed\\)");
        awaitLog("Reloaded routes/timers/edited-template.camel.yaml: ");
    }

    @Test
    void whatIsInWorkIsFinishedBeforeItsRouteIsReplaced() throws Exception {
        edit(RESERVE, LAST_STEP, "              - log:\n                  id: begins\n                  message: Begins\n"
            + "              - delay:\n                  id: slow\n                  constant: 3000\n"
            + "              - log:\n                  id: ends\n                  message: Ends\n" + LAST_STEP);
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");
        String orderId = order(1);
        awaitLog("Begins");
        String inFlight = launcher.output();

        save(RESERVE, Files.readString(SOURCES.resolve(RESERVE)));
        awaitLog("Reloaded routes/handlers/reserve-inventory.camel.yaml: order-created, reserve-inventory");

        assertThat(inFlight.substring(mark)).as("in flight when its route was saved").doesNotContain("Ends");
        assertThat(launcher.output().substring(inFlight.length())).containsSubsequence("Ends", "Reloaded").doesNotContain("rolled back", "parked");
        assertThat(eventOf(orderId).get("type").textValue()).isEqualTo("InventoryReserved");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        routes/timers/measure.camel.yaml                 | stateful:             | statefull:                  | routes/timers/measure.camel.yaml:12: .*statefull.*
        routes/timers/measure.camel.yaml                 | '      steps:'        | '     steps:'               | routes/timers/measure.camel.yaml:\\d+: expected <block end>.*
        routes/timers/measure.camel.yaml                 | description: A row    | descriptionn: A row         | routes/timers/measure.camel.yaml:16: Unsupported field: descriptionn
        routes/timers/measure.camel.yaml                 | quartz:               | quarz:                      | routes/timers/measure.camel.yaml:9: .*
        routes/timers/measure.camel.yaml                 | {{inventory.metrics.schedule}} | {{inventory.schedule}} | routes/timers/measure.camel.yaml:11: Property with key .inventory.schedule. not found.*read at the start: restart the launcher.*
        routes/handlers/reserve-inventory.camel.yaml | {{seconds:inventory.reservation.ttl}} | {{seconds:inventory.holds}} | routes/handlers/reserve-inventory.camel.yaml:\\d+: .*inventory.holds is not set.*read at the start: restart the launcher.*
        routes/timers/measure.camel.yaml                 | 'id: measure-database' | 'id: poll-wakes-relay'     | routes/timers/measure.camel.yaml:15: there is another route or node with the id: poll-wakes-relay
        routes/inbox/inbox.camel.yaml                   | ref: normalizeMessage  | ref: normaliseMessage       | routes/inbox/inbox.camel.yaml:13: No bean could be found in the registry for: normaliseMessage.*
        routes/inbox/inbox.camel.yaml                   | retry-transaction     | retry-transactions          | routes/inbox/inbox.camel.yaml:\\d+: there is no routeConfiguration with the id: retry-transactions
        routes/handlers/reserve-inventory.camel.yaml       | handlers/reserve-inventory.sql | handlers/reserve-inventry.sql        | routes/handlers/reserve-inventory.camel.yaml:\\d+: routes/handlers/reserve-inventry.sql cannot be read
        routes/outbox/outbox.camel.yaml                  | '"{{inventory.outbox.schedule}}"' | 0/2 * * * *     | routes/outbox/outbox.camel.yaml:11: CronExpression .* is invalid.*
        routes/api/query.camel.yaml                   | ref: answerProblem     | ref: problems               | routes/api/query.camel.yaml:15: No bean could be found in the registry for: problems.*
        routes/inbox/inbox-insert.sql                      | ON CONFLICT           | ON KONFLICT                 | routes/inbox/inbox-insert.sql:\\d+: syntax error at or near "KONFLICT"
        routes/api/query-stock.sql                       | SELECT stock          | SELECT stok                 | routes/api/query-stock.sql:2: column "stok" does not exist.*
        contracts/in/OrderCreated.schema.json     | '"type": "object"'    | '"type": "objekt"'          | contracts/in/OrderCreated.schema.json:\\d+: .*enumeration.*
        contracts/in/OrderCreated.schema.json     | '"x-partition-key": "orderId"' | '"x-partition-key": "items"' | contracts/in/OrderCreated.schema.json: x-partition-key is 'items'.*
        contracts/in/OrderCreated.schema.json     | '"type": "object",'   | '"type": "object"'          | contracts/in/OrderCreated.schema.json:\\d+: Unexpected character.*
        db/migration/V8__reserve_inventory.sql    | RETURNS TABLE         | RETURNS TABEL               | db/migration/V8__reserve_inventory.sql:60: syntax error at or near .*
        """)
    void whatIsBrokenIsToldAndChangesNothing(String file, String from, String to, String line) throws Exception {
        edit(file, from, to);
        awaitLog(line);

        assertThat(launcher.output().substring(mark)).doesNotContain("Reloaded", "\tat development");
        assertOrdersFlow();
    }

    private void edit(String file, String from, String to) throws IOException {
        String content = Files.readString(resources.resolve(file));
        assertThat(content).contains(from);
        save(file, content.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)));
    }

    private void save(String file, String content) throws IOException {
        mark = launcher.output().length();
        edited.add(file);
        Files.writeString(resources.resolve(file), content);
    }

    /** Waits for a line of the log since the last save. */
    private void awaitLog(String line) {
        Pattern pattern = Pattern.compile(" : " + "(" + line + ")\n");
        await().until(() -> launcher.output().substring(mark), output -> pattern.matcher(output).find());
    }

    private static void assertOrdersFlow() throws Exception {
        assertThat(eventOf(order(1)).get("type").textValue()).isEqualTo("InventoryReserved");
    }

    private static String order(int quantity) throws Exception {
        return launcher.post("/api/orders", "{\"customerId\": \"cust-123\", \"items\": [{\"productId\": \"prod-456\", \"quantity\": "
            + quantity + ", \"unitPrice\": 1}]}").get("orderId").textValue();
    }

    private static JsonNode eventOf(String orderId) {
        return await().until(() -> launcher.get("/api/events?orderId=" + orderId), events -> events.size() == 1).get(0);
    }
}
