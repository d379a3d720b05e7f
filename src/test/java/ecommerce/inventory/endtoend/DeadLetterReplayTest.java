package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** Dead-lettered messages that an operator lists and replays: each takes effect once. */
// Short locks, so that their renewal shows; a short wait for a message that another receiver has locked.
@WorkerTest
@TestPropertySource(properties = {"test.lock-duration=PT4S", "inventory.servicebus.try-timeout=PT5S"})
class DeadLetterReplayTest {

    private static final String ORDERS_ROUTE = "orders-subscription";
    private static final String COMMANDS_ROUTE = "inventory-commands-queue";
    private static final String DEAD_COMMANDS = ShopDriver.COMMANDS + "/$DeadLetterQueue";

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate operator;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private DataSource database;

    @BeforeEach
    void nothingInStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
    }

    @Test
    void aRejectedCommandIsDoneOnceItsCauseIsGone() {
        long adjustment = deadAdjustment("a");
        shop.send(ShopDriver.orderCreated("no order"));
        shop.awaitQuiet(tables);
        tables.stock("a", 10);
        long commands = bus.counts(ShopDriver.COMMANDS).enqueued();

        assertThat(replay(COMMANDS_ROUTE, adjustment)).isEqualTo(Map.of("replayed", 1, "failed", List.of()));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).as("once").isEqualTo("9 available, 0 reserved, version 2");
        assertThat(shop.events()).extracting(BrowsedMessage::subject).containsExactly("InventoryAdjusted");
        assertThat(bus.browse(DEAD_COMMANDS)).isEmpty();
        assertThat(tables.row("SELECT source, message_type, error_message, replayed_by, reason FROM message_replays")).isEqualTo(Map.of(
            "source", COMMANDS_ROUTE, "message_type", "AdjustInventory", "error_message", "CommandRejected: productId: a is not known",
            "replayed_by", "ann", "reason", "a is there now"));
        assertThat(bus.counts(ShopDriver.COMMANDS).enqueued()).as("not sent again").isEqualTo(commands);
        assertThat(shop.deadLetters()).as("the dead letters of another source").hasSize(1);
    }

    @Test
    void whatFailsAgainStaysAndIsTriedOnce() {
        long adjustment = deadAdjustment("a");

        assertThat(replay(COMMANDS_ROUTE, null)).isEqualTo(Map.of("replayed", 0, "failed",
            List.of(Map.of("sequenceNumber", adjustment, "error", "CommandRejected: productId: a is not known"))));

        assertThat(bus.browse(DEAD_COMMANDS)).singleElement().satisfies(dead -> {
            assertThat(dead.deadLetterErrorDescription()).isEqualTo("productId: a is not known");
            assertThat(dead.deliveryCount()).as("abandoned").isEqualTo(1);
        });
        assertThat(bus.counts(DEAD_COMMANDS).locked()).isZero();
        assertThat(tables.count("message_replays")).isZero();
    }

    @Test
    void oneOfManyIsReplayedAndTheOthersStay() {
        int others = 120;
        IntStream.range(0, others).forEach(i -> shop.command("AdjustInventory", "{}"));
        long adjustment = deadAdjustment("a");
        shop.command("AdjustInventory", "{}");
        shop.awaitQuiet(tables);
        tables.stock("a", 10);

        assertThat(replay(COMMANDS_ROUTE, adjustment)).isEqualTo(Map.of("replayed", 1, "failed", List.of()));

        assertThat(tables.stockOf("a")).isEqualTo("9 available, 0 reserved, version 2");
        assertThat(bus.browse(DEAD_COMMANDS)).hasSize(others + 1).extracting(BrowsedMessage::sequenceNumber).doesNotContain(adjustment);
        assertThat(bus.counts(DEAD_COMMANDS).locked()).as("abandoned").isZero();
        assertThat(tables.count("message_replays")).isEqualTo(1);
    }

    @Test
    void allAreReplayedWhateverBecomesOfTheFirst() {
        long unknown = deadAdjustment("unknown");
        List.of("a", "b", "c").forEach(this::deadAdjustment);
        List.of("a", "b", "c").forEach(product -> tables.stock(product, 10));

        Map<?, ?> outcome = replay(COMMANDS_ROUTE, null);

        assertThat(outcome.get("replayed")).isEqualTo(3);
        assertThat(bus.browse(DEAD_COMMANDS)).extracting(BrowsedMessage::sequenceNumber).containsExactly(unknown);
        assertThat(tables.count("inventory WHERE available_stock = 9 AND version = 2")).as("each once").isEqualTo(3);
        assertThat(tables.count("message_replays")).isEqualTo(3);
    }

    @Test
    void anOrderWhoseWorkIsDoneIsCompletedWithoutEffect() throws Exception {
        tables.stock("a", 10);
        ServiceBusMessage order = order("order-1", "2 a");
        camel.getRouteController().stopRoute(ORDERS_ROUTE);
        shop.send(order);
        try (ServiceBusReceiverClient someone = client().topicName("orders").subscriptionName("inventory").buildClient()) {
            someone.receiveMessages(1).forEach(someone::deadLetter);
        }
        assertWrong(() -> replay(ORDERS_ROUTE, null))
            .hasMessage("source: 'orders-subscription' is a route that is Stopped; it can replay when it is started");
        camel.getRouteController().startRoute(ORDERS_ROUTE);
        shop.send(order);
        shop.awaitQuiet(tables);

        assertThat(replay(ORDERS_ROUTE, null)).isEqualTo(Map.of("replayed", 1, "failed", List.of()));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).as("once").isEqualTo("8 available, 2 reserved, version 2");
        assertThat(shop.events("order-1")).hasSize(1);
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.count("message_replays WHERE error_message IS NULL AND message_id = '" + order.getMessageId() + "'")).isEqualTo(1);
    }

    @Test
    void theLockIsRenewedAndWhatIsDeadLetteredMeanwhileIsLeft() throws Exception {
        long adjustment = deadAdjustment("a");
        tables.stock("a", 10);
        long expired = bus.counts(DEAD_COMMANDS).expiredLocks();
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AdviceWith.adviceWith(camel, "adjust-inventory", route -> route.weaveById("adjust").before().process(exchange -> {
            if (exchange.getVariable("messageBody", String.class).contains("\"a\"")) {
                mayGoOn.await();
            }
        }).id("wait"));
        CompletableFuture<Map<?, ?>> outcome;
        try (Connection clock = database.getConnection(); Statement statement = clock.createStatement()) {
            clock.setAutoCommit(false);
            statement.execute("SELECT now()");
            outcome = CompletableFuture.supplyAsync(() -> replay(COMMANDS_ROUTE, null));
            await().until(() -> bus.counts(DEAD_COMMANDS).locked() == 1);
            deadAdjustment("unknown");
            // Longer than a lock that is not renewed.
            await().until(() -> {
                try (var row = statement.executeQuery("SELECT clock_timestamp() > now() + interval '6 s'")) {
                    return row.next() && row.getBoolean(1);
                }
            });
            mayGoOn.countDown();
            assertThat(outcome.get()).isEqualTo(Map.of("replayed", 1, "failed", List.of()));
        } finally {
            mayGoOn.countDown();
            AdviceWith.adviceWith(camel, "adjust-inventory", route -> route.weaveById("wait").remove());
        }

        assertThat(bus.counts(DEAD_COMMANDS).expiredLocks()).isEqualTo(expired);
        assertThat(bus.browse(DEAD_COMMANDS)).singleElement()
            .satisfies(later -> assertThat(later.sequenceNumber()).isNotEqualTo(adjustment))
            .satisfies(later -> assertThat(later.deliveryCount()).as("not tried").isZero());
    }

    @Test
    void whatSomeoneElseHasLockedIsNotReplayed() {
        long adjustment = deadAdjustment("a");
        tables.stock("a", 10);
        try (ServiceBusReceiverClient someone = client().queueName(ShopDriver.COMMANDS).subQueue(SubQueue.DEAD_LETTER_QUEUE).buildClient()) {
            var locked = someone.receiveMessages(1).stream().toList();

            assertThat(replay(COMMANDS_ROUTE, adjustment)).isEqualTo(Map.of("replayed", 0, "failed", List.of(Map.of(
                "sequenceNumber", adjustment, "error", "It could not be received: it is locked by someone else, or no longer there"))));

            locked.forEach(someone::abandon);
        }
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 1");
        assertThat(bus.browse(DEAD_COMMANDS)).hasSize(1);
    }

    @Test
    void twoOperatorsAtOnceReplayEachMessageOnce() {
        int commands = 30;
        IntStream.range(0, commands).forEach(i -> deadAdjustment("a"));
        tables.stock("a", 100);

        CompletableFuture<Map<?, ?>> other = CompletableFuture.supplyAsync(() -> replay(COMMANDS_ROUTE, null));
        int replayed = (int) replay(COMMANDS_ROUTE, null).get("replayed") + (int) other.join().get("replayed");

        assertThat(replayed).isEqualTo(commands);
        assertThat(tables.stockOf("a")).isEqualTo("70 available, 0 reserved, version 31");
        assertThat(bus.browse(DEAD_COMMANDS)).isEmpty();
        assertThat(tables.count("message_replays")).isEqualTo(commands);
    }

    @Test
    void aReplayThatCannotBeLoggedLeavesTheMessage() {
        long adjustment = deadAdjustment("a");
        tables.stock("a", 10);
        jdbc.execute("ALTER TABLE message_replays ADD CONSTRAINT nothing CHECK (false)");
        try {
            assertThat(replay(COMMANDS_ROUTE, adjustment).get("failed")).asString()
                .contains("It was handled but remains; another replay has no effect:", "nothing");
        } finally {
            jdbc.execute("ALTER TABLE message_replays DROP CONSTRAINT nothing");
        }
        assertThat(bus.browse(DEAD_COMMANDS)).hasSize(1);

        assertThat(replay(COMMANDS_ROUTE, adjustment)).isEqualTo(Map.of("replayed", 1, "failed", List.of()));

        assertThat(tables.stockOf("a")).as("once").isEqualTo("9 available, 0 reserved, version 2");
        assertThat(bus.browse(DEAD_COMMANDS)).isEmpty();
    }

    @Test
    void theListTellsWhyAndChangesNothing() {
        String body = "{\"orderId\":\"order-1\",\"items\":[]}";
        ServiceBusMessage first = ShopDriver.orderCreated(body).setCorrelationId("checkout-7");
        shop.send(first);
        shop.awaitQuiet(tables);
        IntStream.range(0, 3).forEach(i -> shop.send(ShopDriver.orderCreated("no order")));
        shop.awaitQuiet(tables);

        List<Map<String, Object>> all = list(ORDERS_ROUTE, 100);

        assertThat(all).hasSize(4);
        Map<String, Object> listed = new HashMap<>(all.get(0));
        assertThat(Instant.parse((String) listed.remove("enqueuedAt"))).isBeforeOrEqualTo(Instant.now());
        assertThat(listed).isEqualTo(Map.of(
            "sequenceNumber", shop.deadLetters().get(0).sequenceNumber(),
            "messageId", first.getMessageId(),
            "messageType", "OrderCreated",
            "correlationId", "checkout-7",
            "deliveryCount", 0,
            "deadLetterReason", "SchemaViolation",
            "deadLetterErrorDescription", "items: must have at least 1 items but found 0",
            "bodySize", body.length()));
        assertThat(list(ORDERS_ROUTE, 2)).as("the oldest").isEqualTo(all.subList(0, 2));
        assertThat(bus.counts(ShopDriver.DEAD_LETTERS).locked()).isZero();
        assertThat(shop.deadLetters()).hasSize(4).allSatisfy(dead -> assertThat(dead.deliveryCount()).isZero());
    }

    @Test
    void anEmptyQueueHasNothingToListOrReplay() {
        assertThat(list(ORDERS_ROUTE, 1)).isEmpty();
        assertThat(replay(ORDERS_ROUTE, null)).isEqualTo(Map.of("replayed", 0, "failed", List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        source         | x            | source: 'x' is not a route that receives from Service Bus; there are inventory-commands-queue, orders-subscription
        source         | outbox-relay | source: 'outbox-relay' is not a route that receives from Service Bus; there are inventory-commands-queue, orders-subscription
        source         |              | source: 'null' is not a route that receives from Service Bus; there are inventory-commands-queue, orders-subscription
        replayedBy     | "  "         | replayedBy: '  ' is blank; it is recorded with each replayed message
        replayedBy     |              | replayedBy: 'null' is blank; it is recorded with each replayed message
        reason         | ""           | reason: '' is blank; it is recorded with each replayed message
        sequenceNumber | first        | sequenceNumber: 'first' is not a number
        sequenceNumber | 4711         | sequenceNumber: '4711' is not in the dead-letter queue of inventory-commands-queue
        """)
    void aRequestThatIsWrongIsToldByFieldAndValue(String field, String value, String message) {
        Map<String, Object> request = request(COMMANDS_ROUTE, null);
        request.put(field, value);

        assertWrong(() -> operator.requestBody("direct:replay-dead-letters", request)).hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @CsvSource({"0, '0'", "-1, '-1'", "many, 'many'", ", 'null'"})
    void aLimitIsANumberOfAtLeastOne(String limit, String shown) {
        assertWrong(() -> list(ORDERS_ROUTE, limit)).hasMessageStartingWith("limit: '" + shown + "' is not a number");
    }

    /** Dead-letters a command that takes one unit of an unknown product, and returns its sequence number. */
    private long deadAdjustment(String productId) {
        shop.command("AdjustInventory", "{\"productId\":\"" + productId + "\",\"quantityChange\":-1,\"reason\":\"lost\"}");
        shop.awaitQuiet(tables);
        List<BrowsedMessage> dead = bus.browse(DEAD_COMMANDS);
        return dead.get(dead.size() - 1).sequenceNumber();
    }

    private static Map<String, Object> request(String source, Long sequenceNumber) {
        Map<String, Object> request = new HashMap<>();
        request.put("source", source);
        request.put("sequenceNumber", sequenceNumber);
        request.put("replayedBy", "ann");
        request.put("reason", "a is there now");
        return request;
    }

    private Map<?, ?> replay(String source, Long sequenceNumber) {
        return operator.requestBody("direct:replay-dead-letters", request(source, sequenceNumber), Map.class);
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> list(String source, Object limit) {
        Map<String, Object> request = new HashMap<>();
        request.put("source", source);
        request.put("limit", limit);
        return operator.requestBody("direct:list-dead-letters", request, List.class);
    }

    private ServiceBusClientBuilder.ServiceBusReceiverClientBuilder client() {
        return new ServiceBusClientBuilder().connectionString(bus.connectionString()).receiver();
    }

    private static AbstractThrowableAssert<?, ?> assertWrong(ThrowingCallable request) {
        return assertThatThrownBy(request).cause().isInstanceOf(IllegalArgumentException.class);
    }
}
