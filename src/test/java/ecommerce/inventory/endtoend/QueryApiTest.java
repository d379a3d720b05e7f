package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.servicebus.DeadLetterCounts;
import ecommerce.inventory.support.Api;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.EmbeddedServiceBus;

/** The answers of the API, and the requests that it refuses. */
@Tag("plain-camel")
@WorkerTest
// The same as in OrderLifeCycleTest, so that both share a worker.
@TestPropertySource(properties = {"inventory.api.query-timeout=1", "inventory.reservation.expiry-schedule=0 0 0 1 1 ? 2099"})
class QueryApiTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    private Api api;

    @BeforeEach
    void emptyTables(@LocalServerPort int port) {
        api = new Api(port);
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
    }

    @Test
    void anOrderCanBeFollowedFromReservationToCommit() {
        Instant before = Instant.now().minusSeconds(1);
        commitAnOrder();

        JsonNode order = api.get("/orders/order-1", "Order");
        assertThat(order.get("status").textValue()).isEqualTo("Committed");
        assertThat(order.get("correlationId").textValue()).isEqualTo("checkout-7");
        assertThat(order.get("reservations").findValuesAsText("productId")).containsExactly("a", "b");
        assertThat(order.get("reservations").findValuesAsText("quantity")).containsExactly("3", "2");
        assertThat(Instant.parse(order.get("createdAt").textValue())).isBetween(before, Instant.now());

        JsonNode first = api.get("/orders/order-1/events?limit=2", "EventPage");
        JsonNode second = api.get("/orders/order-1/events?limit=1000&after=" + first.get("next"), "EventPage");
        assertThat(types(first)).containsExactly("InventoryReserved", "InventoryReserved");
        assertThat(types(second)).containsExactly("InventoryCommitted", "InventoryCommitted");
        assertThat(second.get("next").isNull()).isTrue();
        assertThat(api.get("/events?limit=3", "EventList").get("items").findValuesAsText("sequence"))
            .as("the newest first").isSortedAccordingTo((a, b) -> Long.compare(Long.parseLong(b), Long.parseLong(a))).hasSize(3);
    }

    @Test
    void stockAndSummaryHaveWhatAnOrderHasCommitted() {
        commitAnOrder();

        JsonNode stock = api.get("/stock/a", "Stock");
        assertThat(stock.get("availableStock").intValue()).isEqualTo(7);
        assertThat(stock.get("reservedStock").intValue()).isZero();
        assertThat(stock.get("committedStock").intValue()).isEqualTo(3);
        assertThat(stock.get("version").intValue()).isEqualTo(3);
        JsonNode summary = api.get("/summary/a", "Summary");
        assertThat(summary.get("totalCommittedCount").intValue()).isEqualTo(1);
        assertThat(summary.get("totalCommittedQuantity").intValue()).isEqualTo(3);
        assertThat(summary.get("totalReceivedQuantity").intValue()).isZero();
        assertThat(api.get("/summary?after=a", "SummaryPage").get("items").findValuesAsText("productId")).containsExactly("b");
    }

    private void commitAnOrder() {
        tables.stock("a", 10);
        tables.stock("b", 10);
        shop.send(order("order-1", "2 b", "3 a").setCorrelationId("checkout-7"));
        await().until(() -> tables.count("inventory_orders") == 1);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        await().until(() -> "Committed".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);
        await().until(() -> tables.count("outbox_unprojected") == 0);
    }

    @Test
    void pagesHoldEachProductOnceUpwardsAndDownwards() {
        for (int i = 0; i < 25; i++) {
            tables.stock("p-%02d".formatted(i), i);
        }
        tables.stock("q", 1);

        assertThat(walk("/stock?prefix=p-&limit=10")).hasSize(25).doesNotHaveDuplicates().isSorted();
        assertThat(walk("/stock?prefix=p-&limit=10&sort=-productId")).hasSize(25)
            .isSortedAccordingTo((a, b) -> b.compareTo(a));
        assertThat(walk("/stock")).hasSize(26);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "_", "a'; DROP TABLE inventory; --", "ü", "<script>", "日本", "a+b c&d"})
    void aPrefixIsTakenAsItIs(String prefix) {
        tables.stock("plain", 1);
        tables.stock(prefix + "1", 2);

        assertThat(walk("/stock?prefix=" + encoded(prefix))).containsExactly(prefix + "1");
        assertThat(api.get("/stock/" + encoded(prefix + "1").replace("+", "%20"), "Stock").get("productId").textValue()).isEqualTo(prefix + "1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SKU/12", "a//b", "/", "a/..b/c", "SKU\\12", "50%", "a%2Fb", "a;b", "a?b", "a#b", ".a", "a b", "a+b", "ü/日本/😀", "'\""})
    void anIdIsAskedForByItsEncodedForm(String id) {
        tables.stock(id, 3);
        shop.send(order(id.replace("\\", "\\\\").replace("\"", "\\\""), "9 x"));
        await().until(() -> tables.count("inventory_orders") == 1);
        shop.awaitQuiet(tables);
        String encoded = encoded(id).replace("+", "%20");

        assertThat(api.get("/stock/" + encoded, "Stock").get("productId").textValue()).isEqualTo(id);
        assertThat(api.get("/orders/" + encoded, "Order").get("orderId").textValue()).isEqualTo(id);
        assertThat(types(api.get("/orders/" + encoded + "/events", "EventPage"))).containsExactly("InventoryInsufficient");
        assertThat(api.problem(404, "/summary/" + encoded).get("detail").textValue()).isEqualTo("productId: " + id + " is not known");
    }

    @Test
    void whatTheReadModelHasNotHeardOfIsNotCommitted() {
        tables.stock("a", 3);

        JsonNode stock = api.get("/stock/a", "Stock");
        assertThat(stock.get("committedStock").intValue()).isZero();
        assertThat(stock.get("committedAsOf").isNull()).isTrue();
    }

    @Test
    void lowStockIsTheLowestFirst() {
        tables.stock("a", 3);
        tables.stock("b", 0);
        tables.stock("c", 4);

        assertThat(api.get("/low-stock?threshold=3", "StockList").get("items").findValuesAsText("productId")).containsExactly("b", "a");
        assertThat(api.get("/low-stock?limit=1", "StockList").get("items").findValuesAsText("productId")).containsExactly("b");
    }

    @Test
    void theBacklogSaysHowMuchWaitsAndForHowLong() {
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, received_at, next_retry_at) "
            + "SELECT gen_random_uuid(), 'OrderCreated', '{}', now() - interval '90 s', now() + interval '1 h' FROM generate_series(1, 3)");
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, dead_at, error_message, partition_key) "
            + "VALUES (gen_random_uuid(), 'OrderCreated', '{\"street\": \"Main St\"}', now() - interval '60 s', 'no such product', 'order-9')");

        JsonNode backlog = api.get("/backlog?countLimit=2", "Backlog");
        assertThat(backlog.at("/inbox/parked").intValue()).as("counted up to the limit").isEqualTo(2);
        assertThat(backlog.at("/inbox/oldestAge").doubleValue()).isBetween(90.0, 150.0);
        assertThat(backlog.at("/dead/messages").intValue()).isEqualTo(1);
        assertThat(backlog.at("/outbox/unpublished").intValue()).isZero();
        assertThat(backlog.at("/summary/oldestAge").intValue()).isZero();

        assertThat(backlog.at("/orders/waiting").intValue()).isZero();
        jdbc.update("INSERT INTO inventory_orders (order_id, status, created_at) VALUES ('order-7', 'Paid', now() - interval '2 h')");
        assertThat(api.get("/backlog", "Backlog").at("/orders/waiting").intValue()).isEqualTo(1);
        assertThat(api.get("/backlog", "Backlog").at("/orders/oldestAge").doubleValue()).isBetween(7200.0, 7300.0);

        JsonNode dead = api.get("/dead-messages", "DeadMessageList").get("items");
        assertThat(dead.findValuesAsText("error")).containsExactly("no such product");
        assertThat(dead.toString()).as("without the body").doesNotContain("Main St");
    }

    @Test
    void whetherTheWorkerIsReadyIsSaidByChecksOfCamelsOnEveryRuntime(@Autowired CamelContext camel) throws Exception {
        assertThat(checksThatAreDown(camel)).isEmpty();

        camel.getRouteController().stopRoute("payments-subscription");
        assertThat(checksThatAreDown(camel)).contains("inventory-consumers");

        camel.getRouteController().startRoute("payments-subscription");
        assertThat(checksThatAreDown(camel)).isEmpty();
    }

    private static List<String> checksThatAreDown(CamelContext camel) {
        Collection<HealthCheck.Result> results = HealthCheckHelper.invokeReadiness(camel, "full");
        assertThat(results).extracting(result -> result.getCheck().getId()).contains("inventory-consumers", "inventory-relay");
        return results.stream().filter(result -> result.getState() == HealthCheck.State.DOWN).map(result -> result.getCheck().getId()).toList();
    }

    /** A timer of the worker counts them; a request does not. */
    @Test
    void theBacklogSaysWhatIsInDeadLetterQueuesAndNothingOfThoseThatCouldNotBeLookedInto(@Autowired CamelContext camel) throws Exception {
        DeadLetterCounts counts = camel.getRegistry().findSingleByType(DeadLetterCounts.class);
        shop.send(Stream.generate(() -> ShopDriver.orderCreated("no JSON")).limit(101).toArray(ServiceBusMessage[]::new));
        shop.command("NoCommand", "{}");
        shop.awaitQuiet(tables);
        counts.process(null);

        JsonNode counted = api.get("/backlog", "Backlog").get("deadLetters");
        assertThat(counted.at("/countLimit").intValue()).isEqualTo(100);
        assertThat(counted.at("/sources")).hasToString("[{\"source\":\"inventory-commands-queue\",\"messages\":1},"
            + "{\"source\":\"orders-subscription\",\"messages\":100},{\"source\":\"payments-subscription\",\"messages\":0}]");

        bus.refuseReceivers(ShopDriver.DEAD_LETTERS, "amqp:unauthorized-access", "Unauthorized access.");
        counts.process(null);
        assertThat(api.get("/backlog", "Backlog").at("/deadLetters/sources")).as("unknown, not zero").hasToString(
            "[{\"source\":\"inventory-commands-queue\",\"messages\":1},{\"source\":\"orders-subscription\",\"messages\":null},"
                + "{\"source\":\"payments-subscription\",\"messages\":0}]");
        bus.acceptReceivers(ShopDriver.DEAD_LETTERS);
        counts.process(null);
        assertThat(api.get("/backlog", "Backlog").at("/deadLetters/sources/1/messages").intValue()).isEqualTo(100);
    }

    @Test
    void anEventThatTheBrokerRefusesIsInTheListAndInTheBacklog() {
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, created_at, next_retry_at, error_message) VALUES "
            + "(gen_random_uuid(), 'InventoryReserved', '{\"orderId\": \"order-1\"}', 'order-1', now() - interval '90 s', now() + interval '1 h', 'too large')");
        try {
            assertThat(api.get("/events", "EventList").get("items").findValuesAsText("orderId")).containsExactly("order-1");
            JsonNode backlog = api.get("/backlog", "Backlog");
            assertThat(backlog.at("/outbox/unpublished").intValue()).isEqualTo(1);
            assertThat(backlog.at("/outbox/oldestAge").doubleValue()).isBetween(90.0, 150.0);
        } finally {
            // The test does not wait until it is published.
            tables.clear();
        }
    }

    @Test
    void eventsOfAProductAreNotThoseOfAnOrderOfTheSameId() {
        shop.command("RestockInventory", "{\"productId\": \"same\", \"quantityToAdd\": 5}");
        await().until(() -> tables.count("inventory") == 1);
        shop.send(order("same", "1 same"));
        await().until(() -> "Reserved".equals(tables.statusOf("same")));
        shop.awaitQuiet(tables);

        assertThat(api.get("/events", "EventList").get("items")).hasSize(2);
        assertThat(types(api.get("/orders/same/events", "EventPage"))).containsExactly("InventoryReserved");
    }

    @Test
    void aQuestionThatTakesTooLongIsGivenUp() {
        String definition = jdbc.queryForObject("SELECT pg_get_functiondef('age_of(timestamptz)'::regprocedure)", String.class);
        jdbc.execute("CREATE OR REPLACE FUNCTION age_of(moment timestamptz) RETURNS numeric LANGUAGE plpgsql STABLE AS "
            + "'BEGIN PERFORM pg_sleep(10); RETURN 0; END'");
        try {
            assertThat(api.problem(503, "/backlog").get("detail").textValue()).startsWith("The database takes too long to answer this.");
        } finally {
            jdbc.execute(definition);
        }
        assertThat(api.get("/backlog", "Backlog")).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        /stock?limit=1001                     | limit     | 1001                   | a whole number from 1 to 1000
        /stock?limit=0                        | limit     | 0                      | a whole number from 1 to 1000
        /stock?limit=-1                       | limit     | -1                     | a whole number from 1 to 1000
        /stock?limit=many                     | limit     | many                   | a whole number from 1 to 1000
        /stock?limit=                         | limit     | ''                     | a whole number from 1 to 1000
        /stock?limit=99999999999999999999     | limit     | 99999999999999999999   | a whole number from 1 to 1000
        /stock?limit=1&limit=2                | limit     | 2                      | given twice
        /stock?sort=availableStock            | sort      | availableStock         | productId or -productId
        /stock?prefix=%00                     | prefix    | '\u0000'               | without a null character
        /stock?page=2                         | page      | 2                      | no such parameter; it has [prefix, sort, after, limit]
        /stock?CamelSqlQuery=SELECT           | CamelSqlQuery | SELECT             | no such parameter
        /low-stock?threshold=-1               | threshold | -1                     | a whole number from 0 to 2147483647
        /orders/o/events?after=x              | after     | x                      | a whole number from 0 to 9223372036854775807
        /backlog?countLimit=100001            | countLimit | 100001                | a whole number from 1 to 100000
        """, quoteCharacter = '\'')
    void aParameterThatBreaksTheContractIsNamed(String path, String parameter, String value, String what) {
        JsonNode problem = api.problem(400, path);

        assertThat(problem.get("parameter").textValue()).isEqualTo(parameter);
        assertThat(problem.get("detail").textValue()).startsWith(parameter + " is '").contains(what);
    }

    @ParameterizedTest
    @CsvSource({"/stock/x,productId: x is not known", "/summary/x,productId: x is not known",
        "/orders/x,orderId: x is not known", "/orders/x/events,orderId: x is not known"})
    void whatIsNotKnownIs404(String path, String detail) {
        assertThat(api.problem(404, path).get("detail").textValue()).isEqualTo(detail);
    }

    @Test
    void headersOfARequestReachNoQuery() {
        tables.stock("a", 1);
        tables.stock("b", 1);
        String[] headers = {"CamelSqlQuery", "DELETE FROM inventory", "CamelSqlParameters", "x", "productId", "b", "limit", "0",
            "CamelHttpQuery", "limit=0", "CamelHttpResponseCode", "500", "camelhttppath", "/elsewhere", "Content-Type", "text/html"};

        assertThat(api.send("/api/inventory/stock/a", headers).body()).startsWith("{\"productId\" : \"a\"");
        assertThat(api.send("/api/inventory/stock?limit=1", headers).headers().map().keySet())
            .as("no header of the request in the answer").noneMatch(name -> name.toLowerCase().startsWith("camel") || name.equals("limit"));
        assertThat(tables.count("inventory")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE"})
    void nothingCanBeChanged(String method) {
        assertThat(api.status(method, "/api/inventory/stock")).isEqualTo(405);
    }

    private List<String> walk(String path) {
        List<String> products = new ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = api.get(path + (path.contains("?") ? "&" : "?") + "after=" + encoded(after), "StockPage");
            products.addAll(page.get("items").findValuesAsText("productId"));
            after = page.get("next").textValue();
        }
        return products;
    }

    private static List<String> types(JsonNode page) {
        return page.get("items").findValuesAsText("type");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
