package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** After the reservation: payment, cancellation and expiry of an order of two products, from topic to topic. */
@Tag("plain-camel")
@WorkerTest
@TestPropertySource(properties = "inventory.reservation.expiry-schedule=* * * * * ?")
class PaymentTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private Invariants invariants;

    @BeforeEach
    void twoProductsAreReserved() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
        tables.stock("b", 10);
        shop.send(order("order-1", "2 b", "3 a").setCorrelationId("checkout-7"));
        await().until(() -> tables.count("outbox WHERE published_at IS NOT NULL") == 2);
    }

    @AfterEach
    void nothingIsLost() {
        invariants.assertHold();
        invariants.assertUnitsAdd();
    }

    @Test
    void aPaymentCommitsWhatIsReserved() {
        shop.sendPayments(about("order-1", "PaymentProcessed", "Authorized"));

        assertThat(nextEvents(2)).containsExactly(
            "InventoryCommitted {\"orderId\": \"order-1\", \"productId\": \"a\", \"committedAt\": \"…\", \"quantityCommitted\": 3}",
            "InventoryCommitted {\"orderId\": \"order-1\", \"productId\": \"b\", \"committedAt\": \"…\", \"quantityCommitted\": 2}");
        assertThat(tables.stockOf("a")).isEqualTo("7 available, 0 reserved, version 3");
        assertThat(tables.stockOf("b")).isEqualTo("8 available, 0 reserved, version 3");
    }

    @Test
    void aStatusMayBeInAnyCaseAndIsTheSameInEach() {
        ServiceBusMessage payment = about("order-1", "PaymentProcessed", "CAPTURED");
        shop.sendPayments(payment);
        nextEvents(2);
        shop.sendPayments(about("order-1", "PaymentProcessed", "captured").setMessageId(payment.getMessageId()));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox WHERE message_type = 'PaymentProcessed'")).as("the second is a duplicate").isEqualTo(1);
        assertThat(tables.statusOf("order-1")).isEqualTo("Committed");
        shop.sendPayments(about("order-1", "PaymentProcessed", "refunded"));
        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "PaymentRefunded"), released("b", 2, 10, "PaymentRefunded"));
    }

    @Test
    void aFailedPaymentGivesBackWhatIsReserved() {
        shop.sendPayments(about("order-1", "PaymentFailed"));

        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "PaymentFailed"), released("b", 2, 10, "PaymentFailed"));
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 3");
    }

    @Test
    void aCancellationGivesBackWhatIsReserved() {
        shop.send(about("order-1", "OrderCancelled"));

        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "OrderCancelled"), released("b", 2, 10, "OrderCancelled"));
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 3");
    }

    @Test
    void aCancellationAfterThePaymentPutsTheUnitsBack() {
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        nextEvents(2);
        shop.send(about("order-1", "OrderCancelled"));

        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "OrderCancelled"), released("b", 2, 10, "OrderCancelled"));
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 4");
    }

    @Test
    void aRefundAfterThePaymentPutsTheUnitsBack() {
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        nextEvents(2);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Refunded"));

        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "PaymentRefunded"), released("b", 2, 10, "PaymentRefunded"));
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 4");
    }

    @Test
    void anOrderThatNoOnePaysForExpires() {
        expire();

        assertThat(nextEvents(2)).containsExactly(released("a", 3, 10, "Expired"), released("b", 2, 10, "Expired"));
        assertThat(shop.events("order-1")).as("the correlation id of the order, although no message has caused the event").extracting(BrowsedMessage::correlationId)
            .containsOnly("checkout-7");
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 0 reserved, version 3");
    }

    @Test
    void aLatePaymentReservesAgainAndCommits() {
        expire();
        nextEvents(2);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));

        assertThat(nextEvents(4)).extracting(event -> event.replaceFirst(" .*", ""))
            .containsExactly("InventoryReserved", "InventoryReserved", "InventoryCommitted", "InventoryCommitted");
        assertThat(tables.stockOf("a")).isEqualTo("7 available, 0 reserved, version 5");
        assertThat(tables.statusOf("order-1")).isEqualTo("Committed");
    }

    @Test
    void aLatePaymentWithTooLittleLeftIsToldAsInsufficient() {
        expire();
        nextEvents(2);
        shop.send(order("order-2", "8 a"));
        await().until(() -> tables.statusOf("order-2") != null);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));

        assertThat(nextEvents(1)).containsExactly("InventoryInsufficient {\"orderId\": \"order-1\", \"checkedAt\": \"…\", \"productId\": \"a\", "
            + "\"availableStock\": 2, \"requestedQuantity\": 3}");
        assertThat(tables.stockOf("b")).as("in stock, but not reserved").isEqualTo("10 available, 0 reserved, version 3");
        assertThat(tables.statusOf("order-1")).isEqualTo("Insufficient");
    }

    private void expire() {
        jdbc.update("UPDATE inventory_reservations SET expires_at = now()");
        await().until(() -> "Expired".equals(tables.statusOf("order-1")));
    }

    private int seen = 2;

    /** Waits for the next events of order-1. Additional events would show in a later call. */
    private List<String> nextEvents(int events) {
        await().until(() -> shop.events("order-1").size() >= seen + events);
        shop.awaitQuiet(tables);
        List<BrowsedMessage> all = shop.events("order-1");
        all.forEach(Contracts::assertKept);
        assertThat(all).hasSize(seen + events);
        List<BrowsedMessage> next = all.subList(seen, seen + events);
        seen += events;
        return next.stream().map(event -> event.subject() + " " + event.bodyAsString().replaceAll("[0-9T:.-]{20,}Z", "…")).toList();
    }

    private static String released(String product, int quantity, int available, String reason) {
        return "InventoryReleased {\"reason\": \"%s\", \"orderId\": \"order-1\", \"productId\": \"%s\", \"releasedAt\": \"…\", \"availableStock\": %s, \"quantityReleased\": %s}"
            .formatted(reason, product, available, quantity);
    }
}
