package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** The erasure of an order or a customer from the tables and from the dead-letter queues of all sources. */
@Tag("plain-camel")
@WorkerTest
// Short locks; a short wait for a message that another receiver has locked.
@TestPropertySource(properties = {"test.lock-duration=PT4S", "inventory.servicebus.try-timeout=PT5S"})
class ErasureTest {

    private static final List<String> SOURCES = List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS, ShopDriver.COMMANDS);
    private static final Map<String, Object> NONE = Map.of("erased", 0, "failed", List.of());
    private static final Map<String, Object> ONE = Map.of("erased", 1, "failed", List.of());

    @Autowired
    private ProducerTemplate operator;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private Invariants invariants;

    @BeforeEach
    void tenAvailable() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
    }

    @Test
    void nothingOfAnOrderIsLeftAndNothingOfOthersIsGone() {
        shop.send(named(order("order-1", "2 a")), named(order("order-2", "3 a")));
        shop.awaitQuiet(tables);
        shop.sendPayments(named(about("order-1", "PaymentProcessed", "Captured")), named(about("order-2", "PaymentProcessed", "Captured")));
        deadLetters("order-1", "order-2");
        shop.awaitQuiet(tables);

        assertThat(erase("orderId", "order-1")).isEqualTo(Map.of(
            "tables", Map.of("orders", 1L, "reservations", 1L, "events", 2L, "deadMessages", 0L),
            "deadLetters", Map.of("orders-subscription", Map.of("erased", 2, "failed", List.of()), "payments-subscription", ONE,
                "inventory-commands-queue", ONE)));

        assertThat(tables.containing("order-1")).isEmpty();
        assertThat(tables.containing("order-2")).contains("inventory_orders", "inventory_reservations", "outbox");
        assertThat(SOURCES).allSatisfy(source -> assertThat(bus.browse(source + "/$DeadLetterQueue")).isNotEmpty()
            .allSatisfy(dead -> assertThat(dead.bodyAsString()).contains("order-2")));
        assertThat(tables.stockOf("a")).as("still sold").isEqualTo("5 available, 0 reserved, version 5");
        assertThat(tables.row("SELECT status FROM inventory_orders WHERE order_id LIKE 'erased-%'")).containsEntry("status", "Committed");
        await().untilAsserted(invariants::assertSummaryFollows);
        invariants.assertHold();
        invariants.assertUnitsAdd();
        assertThat(erase("orderId", "order-1")).as("again").isEqualTo(Map.of(
            "tables", Map.of("orders", 0L, "reservations", 0L, "events", 0L, "deadMessages", 0L),
            "deadLetters", Map.of("orders-subscription", NONE, "payments-subscription", NONE, "inventory-commands-queue", NONE)));
    }

    @Test
    void theDeadLettersOfACustomerAreGone() {
        deadLetters("customer-1", "customer-2");

        assertThat(erase("customerId", "customer-1").get("deadLetters")).isEqualTo(Map.of(
            "orders-subscription", Map.of("erased", 2, "failed", List.of()), "payments-subscription", ONE, "inventory-commands-queue", ONE));

        assertThat(SOURCES).allSatisfy(source -> assertThat(bus.browse(source + "/$DeadLetterQueue")).isNotEmpty()
            .allSatisfy(dead -> assertThat(dead.bodyAsString()).contains("customer-2")));
        // If the SDK received a message again just before its connection closed, it is free when its lock ends.
        await().untilAsserted(() -> assertThat(SOURCES).allSatisfy(source ->
            assertThat(bus.counts(source + "/$DeadLetterQueue").locked()).as("abandoned").isZero()));
    }

    @Test
    void anOrderThatIsStillReservedIsNotErased() {
        shop.send(order("order-1", "2 a"));
        deadLetters("order-1");

        assertThatThrownBy(() -> erase("orderId", "order-1")).rootCause().isInstanceOf(IllegalArgumentException.class)
            .hasMessage("orderId: the order holds a reservation; it can be erased when that is paid, cancelled or expired");

        assertThat(tables.statusOf("order-1")).isEqualTo("Reserved");
        assertThat(shop.deadLetters()).hasSize(2);
    }

    @Test
    void aDeadLetterThatSomebodyElseHasLockedStaysAndIsReported() {
        deadLetters("customer-1");
        long number = bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue").get(0).sequenceNumber();
        try (ServiceBusReceiverClient someone = new ServiceBusClientBuilder().connectionString(bus.connectionString()).receiver()
            .queueName(ShopDriver.COMMANDS).subQueue(SubQueue.DEAD_LETTER_QUEUE).buildClient()) {
            var locked = someone.receiveMessages(1).stream().toList();

            Map<?, ?> deadLetters = (Map<?, ?>) erase("customerId", "customer-1").get("deadLetters");

            assertThat(deadLetters.get("inventory-commands-queue")).isEqualTo(Map.of("erased", 0, "failed", List.of(Map.of(
                "sequenceNumber", number, "error", "It could not be received: it is locked by someone else, or no longer there"))));
            assertThat(deadLetters.get("payments-subscription")).isEqualTo(ONE);
            locked.forEach(someone::abandon);
        }
        assertThat(bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue")).extracting(BrowsedMessage::sequenceNumber).containsExactly(number);
    }

    /** Dead-letters four messages for each id. Two of them are orders, one of which is not JSON. */
    private void deadLetters(String... ids) {
        for (String id : ids) {
            shop.send(ShopDriver.orderCreated("{\"orderId\": \"" + id + "\", \"items\": []}"), ShopDriver.orderCreated("order=" + id + ";"));
            shop.sendPayments(ShopDriver.commandMessage("PaymentProcessed", "{\"orderId\": \"" + id + "\", \"status\": 7}"));
            shop.command("AdjustInventory", "{\"productId\": \"a\", \"quantityChange\": 0, \"reason\": \"" + id + "\"}");
        }
        await().until(() -> SOURCES.stream().mapToInt(source -> bus.browse(source + "/$DeadLetterQueue").size()).sum() == 4 * ids.length);
        shop.awaitQuiet(tables);
    }

    /** Adds a correlation id and a MessageId that contain the order id. */
    private static ServiceBusMessage named(ServiceBusMessage message) {
        String orderId = message.getBody().toString().replaceAll(".*\"orderId\":\"([^\"]*)\".*", "$1");
        return message.setCorrelationId("of-" + orderId).setMessageId(orderId + "-" + message.getSubject());
    }

    private Map<?, ?> erase(String field, String id) {
        return operator.requestBody("direct:erase", Map.of(field, id, "by", "ann", "reason", "asked for"), Map.class);
    }
}
