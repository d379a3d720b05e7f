package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.orderCreated;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** The personal data of an order is in no table and in no log line, whatever the outcome of the order. */
@Tag("plain-camel")
@WorkerTest
@ExtendWith(OutputCaptureExtension.class)
// The same as in InboxRetryTest, so that both share a worker.
@TestPropertySource(properties = {
    "inventory.inbox.max-retries=1",
    "inventory.inbox.retry-delay=PT0.001S",
    "inventory.inbox.max-attempts=1000",
    "inventory.reservation.ttl=pt25m",
    "inventory.inbox.parked-delay=pt0.1s",
    "inventory.inbox.parked-delay-max=pt0.1s"})
class KeptContentTest {

    private static final String CANARY = "Canary-Lane";

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
    private volatile boolean fault;

    @BeforeEach
    void ordersFailIfTheyShall() throws Exception {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("short").before().process(exchange -> {
            if (fault) {
                throw new CannotAcquireLockException("not now");
            }
        }).id("fault"));
    }

    @AfterEach
    void withoutFault() throws Exception {
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("fault").remove());
    }

    @Test
    void ofAnOrderThatIsProcessedAndComesAgain(CapturedOutput output) {
        ServiceBusMessage order = order("order-1");
        shop.send(order);
        shop.awaitQuiet(tables);
        shop.send(order);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL AND message_body IS NULL")).isEqualTo(1);
        assertThat(tables.row("SELECT items::text FROM inventory_orders")).containsEntry("items", "[{\"quantity\": 2, \"productId\": \"a\"}]");
        assertNowhere(output);
        assertThat(shop.events()).singleElement().extracting(BrowsedMessage::bodyAsString).asString().doesNotContain(CANARY);
    }

    @Test
    void ofAnOrderThatIsParkedThenDeadThenRevivedAndHandled(CapturedOutput output) {
        fault = true;
        shop.send(order("order-1"));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 1") == 1);
        assertNowhere(output);
        jdbc.update("UPDATE inbox SET retry_count = 998");
        await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 1);
        assertNowhere(output);
        fault = false;

        Map<String, Object> all = new HashMap<>(Map.of("replayedBy", "ada", "reason", "the lock is gone"));
        all.put("messageId", null);
        assertThat(operator.requestBody("direct:replay-dead-messages", all, Long.class)).isEqualTo(1);
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL AND message_body IS NULL")).isEqualTo(1);
        assertNowhere(output);
    }

    @Test
    void ofAnOrderThatIsDeadLettered(CapturedOutput output) {
        shop.send(
            order("no-quantity", "{\"productId\": \"a\", \"engraving\": \"" + CANARY + "\"}"),
            order("a-text-in-place-of-an-item", "\"" + CANARY + "\""),
            orderCreated("{\"orderId\": \"a-text-in-place-of-items\", \"items\": \"" + CANARY + "\"}"),
            orderCreated("{\"items\": [], \"customerId\": \"" + CANARY + "\"}"));
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).hasSize(4).extracting(BrowsedMessage::deadLetterReason).containsOnly("SchemaViolation");
        assertThat(shop.deadLetters()).extracting(BrowsedMessage::deadLetterErrorDescription).contains(
            "items[0]: string found, object expected", "items: string found, array expected");
        assertNowhere(output);
        assertThat(shop.deadLetters()).extracting(BrowsedMessage::deadLetterErrorDescription).noneMatch(text -> text.contains(CANARY));
    }

    @Test
    void ofOtherMessagesAboutAnOrder(CapturedOutput output) {
        shop.sendPayments(message("PaymentProcessed", "\"status\": \"Captured\", \"paymentMethod\": \"%1$s\", \"transactionId\": \"%1$s\""),
            message("PaymentFailed", "\"reason\": \"%1$s\", \"errorCode\": \"%1$s\", \"name\": \"%1$s\""));
        shop.send(message("OrderCancelled", "\"reason\": \"Moves to %1$s\""));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1")).isEqualTo("Cancelled");
        assertThat(tables.count("inbox")).isEqualTo(3);
        assertNowhere(output);
    }

    private void assertNowhere(CapturedOutput output) {
        assertThat(tables.containing(CANARY)).as("tables").isEmpty();
        assertThat(output.getAll()).as("the log").doesNotContain(CANARY);
    }

    private static ServiceBusMessage order(String orderId) {
        return order(orderId, "{\"productId\": \"a\", \"quantity\": 2, \"engraving\": \"" + CANARY + "\", \"unitPrice\": \"" + CANARY + "\"}");
    }

    private static ServiceBusMessage order(String orderId, String item) {
        return orderCreated("{\"orderId\": \"" + orderId + "\", \"customerId\": \"%1$s\", \"gift\": {\"%1$s\": [\"%1$s\"]}, \"items\": [".formatted(CANARY)
            + item + "], \"shippingAddress\": {\"street\": \"12 %1$s\", \"city\": [\"%1$s\"]}, \"createdAt\": \"%1$s\"}".formatted(CANARY));
    }

    private static ServiceBusMessage message(String type, String fields) {
        return new ServiceBusMessage(BinaryData.fromString("{\"orderId\": \"order-1\", " + fields.formatted(CANARY) + "}"))
            .setMessageId(UUID.randomUUID().toString()).setSubject(type);
    }
}
