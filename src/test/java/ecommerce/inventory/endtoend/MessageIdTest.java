package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.commandMessage;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import servicebus.EmbeddedServiceBus;

/** Senders that use one MessageId for several messages, or a meaningless one: no message is lost, and none takes effect twice. */
@Tag("plain-camel")
@WorkerTest
@ExtendWith(OutputCaptureExtension.class)
class MessageIdTest {

    private static final String ID = UUID.randomUUID().toString();

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private Invariants invariants;

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
    }

    @AfterEach
    void everyUnitIsWhereItShouldBe() {
        invariants.assertHold();
    }

    @Test
    void twoPaymentsOfAnOrderUnderOneIdHaveBothTheirEffectOnce() {
        shop.send(order("order-1", "2 a"));
        awaitStatus("order-1", "Reserved");
        shop.sendPayments(payment("order-1", "Captured"));
        awaitStatus("order-1", "Committed");
        shop.sendPayments(payment("order-1", "Refunded"));
        awaitStatus("order-1", "Refunded");

        shop.sendPayments(payment("order-1", "Refunded"), payment("order-1", "Captured"));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1")).isEqualTo("Refunded");
        assertThat(tables.count("inbox")).as("one row per content").isEqualTo(3);
        assertThat(tables.stockOf("a")).startsWith("10 available, 0 reserved");
        assertNothingIsDeadLettered();
    }

    @Test
    void paymentsOfTwoOrdersUnderOneIdHaveBothTheirEffect(CapturedOutput output) {
        shop.send(order("order-1", "2 a"), order("order-2", "1 a"));
        awaitStatus("order-1", "Reserved");
        awaitStatus("order-2", "Reserved");

        shop.sendPayments(payment("order-1", "Captured"), payment("order-2", "Captured"));

        awaitStatus("order-1", "Committed");
        awaitStatus("order-2", "Committed");
        assertNothingIsDeadLettered();
        assertThat(output.getAll()).containsPattern("WARN .*MessageId: " + ID + " was that of another message of type PaymentProcessed, "
            + "with other content; it is about order/order-[12] and is handled under the id ");
    }

    @Test
    void aPaymentUnderTheIdOfItsOrderHasItsEffect() {
        shop.send(order("order-1", "2 a").setMessageId(ID));
        awaitStatus("order-1", "Reserved");
        shop.sendPayments(payment("order-1", "Captured"));

        awaitStatus("order-1", "Committed");
        assertNothingIsDeadLettered();
    }

    @Test
    void ordersUnderAnIdThatIdentifiesNothingAreAllReserved() {
        String nil = new UUID(0, 0).toString();
        String max = new UUID(-1, -1).toString();
        shop.send(order("order-1", "1 a").setMessageId(nil), order("order-2", "1 a").setMessageId(nil), order("order-3", "1 a").setMessageId("{" + max + "}"),
            order("order-4", "1 a").setMessageId(max.replace("-", "").toUpperCase()));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).startsWith("6 available, 4 reserved");
    }

    @Test
    void aCommandUnderTheIdOfAnotherIsDeadLetteredAndOneThatComesAgainIsNot() {
        shop.sendCommands(restock(5), restock(5), restock(7),
            commandMessage("AdjustInventory", "{\"productId\": \"a\", \"quantityChange\": -1, \"reason\": \"r\"}").setMessageId(ID));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).startsWith("15 available");
        assertThat(bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue")).extracting(dead -> dead.deadLetterReason() + ": " + dead.deadLetterErrorDescription())
            .containsExactly(
                "MessageIdReused: MessageId: " + ID + " was that of another message of type RestockInventory, with other content; "
                    + "each message needs an id of its own",
                "MessageIdReused: MessageId: " + ID + " was that of a message of type RestockInventory, and this is of type AdjustInventory; "
                    + "each message needs an id of its own");
    }

    @Test
    void anOrderIdInACommandPlaysNoRole() {
        shop.sendCommands(commandMessage("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 5, \"orderId\": \"purchase-1\"}").setMessageId(ID),
            commandMessage("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 5, \"orderId\": \"purchase-2\"}").setMessageId(ID));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).startsWith("15 available");
        assertThat(bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue")).as("the same content in all fields that the worker reads").isEmpty();
    }

    private void awaitStatus(String orderId, String status) {
        await().until(() -> status.equals(tables.statusOf(orderId)));
        shop.awaitQuiet(tables);
    }

    private void assertNothingIsDeadLettered() {
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(bus.browse(ShopDriver.PAYMENTS + "/$DeadLetterQueue")).isEmpty();
    }

    private static ServiceBusMessage payment(String orderId, String status) {
        return about(orderId, "PaymentProcessed", status).setMessageId(ID);
    }

    private static ServiceBusMessage restock(int quantity) {
        return commandMessage("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": " + quantity + "}").setMessageId(ID);
    }
}
