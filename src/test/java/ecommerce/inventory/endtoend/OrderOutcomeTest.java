package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** From an order on Service Bus to its outcome on Service Bus, and the content of the database afterwards. */
@Tag("plain-camel")
@WorkerTest
class OrderOutcomeTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("prod-456", 100);
        tables.stock("prod-789", 50);
    }

    @Test
    void anOrderIsReservedAndToldOncePerProduct() {
        shop.send(order("order-1", "2 prod-456", "3 prod-789"));
        await().until(() -> shop.events().size() == 2);
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("prod-456")).isEqualTo("98 available, 2 reserved, version 2");
        assertThat(tables.stockOf("prod-789")).isEqualTo("47 available, 3 reserved, version 2");
        assertThat(tables.count("inventory_reservations WHERE order_id = 'order-1' AND status = 'Reserved' "
            + "AND expires_at = created_at + interval '" + Defaults.of("inventory.reservation.ttl") + "'")).as("a reservation per product").isEqualTo(2);
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("one message was accepted").isEqualTo(1);
        assertThat(tables.count("outbox WHERE published_at IS NOT NULL")).as("an event per product").isEqualTo(2);
        assertThat(tables.statusOf("order-1")).isEqualTo("Reserved");
    }

    @Test
    void anEventSaysWhatIsReservedAndWhichMessageCausedIt() {
        shop.send(order("order-1", "2 prod-456", "3 prod-789").setCorrelationId("checkout-7"));
        await().until(() -> shop.events().size() == 2);
        shop.awaitQuiet(tables);

        BrowsedMessage event = shop.events().get(0);
        var inbox = tables.row("SELECT message_id FROM inbox");
        var outbox = tables.row("SELECT message_id FROM outbox ORDER BY sequence LIMIT 1");
        assertThat(event.messageId()).isEqualTo(outbox.get("message_id").toString());
        assertThat(event.subject()).isEqualTo("InventoryReserved");
        assertThat(event.correlationId()).isEqualTo("checkout-7");
        assertThat(event.contentType()).isEqualTo("application/json");
        assertThat(event.applicationProperties())
            .containsEntry("MessageType", "InventoryReserved")
            .containsEntry("CausationId", inbox.get("message_id").toString());
        assertThat(event.bodyAsString()).contains("\"orderId\": \"order-1\"", "\"productId\": \"prod-456\"",
            "\"quantityReserved\": 2", "\"remainingStock\": 98", "\"reservedAt\": \"2");
        assertThat(shop.events()).allSatisfy(Contracts::assertKept);
    }

    @Test
    void anOrderShortInTwoOfThreeProductsChangesNoStockAndTellsBoth() {
        shop.send(order("order-2", "101 prod-456", "1 prod-789", "5 prod-000"));
        await().until(() -> shop.events().size() == 2);
        shop.awaitQuiet(tables);

        assertThat(shop.events()).extracting(BrowsedMessage::subject).containsOnly("InventoryInsufficient");
        assertThat(shop.events().get(0).bodyAsString()).contains("\"productId\": \"prod-000\"", "\"requestedQuantity\": 5", "\"availableStock\": 0");
        assertThat(shop.events().get(1).bodyAsString()).contains("\"productId\": \"prod-456\"", "\"requestedQuantity\": 101", "\"availableStock\": 100");
        assertThat(tables.stockOf("prod-456")).isEqualTo("100 available, 0 reserved, version 1");
        assertThat(tables.stockOf("prod-789")).as("in stock, but not reserved").isEqualTo("50 available, 0 reserved, version 1");
        assertThat(tables.count("inventory_reservations")).isZero();
        assertThat(tables.statusOf("order-2")).isEqualTo("Insufficient");
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(shop.events()).allSatisfy(Contracts::assertKept);
    }

    @Test
    void aShortOrderThatIsDeliveredAgainIsNotPublishedAgain() {
        long completed = bus.counts(ShopDriver.SUBSCRIPTION).completed();
        ServiceBusMessage order = order("order-2", "101 prod-456", "1 prod-789", "5 prod-000");
        shop.send(order);
        await().until(() -> shop.events().size() == 2);
        shop.awaitQuiet(tables);
        shop.send(order);
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() == completed + 2);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("one row for two deliveries").isEqualTo(1);
        assertThat(tables.count("outbox")).as("the second delivery publishes nothing").isEqualTo(2);
        assertThat(tables.stockOf("prod-456")).isEqualTo("100 available, 0 reserved, version 1");
        assertThat(tables.statusOf("order-2")).isEqualTo("Insufficient");
        assertThat(shop.deadLetters()).isEmpty();
    }

    @Test
    void linesOfOneProductAreAddedUp() {
        shop.send(order("order-3", "30 prod-456", "1 prod-789", "20 prod-456"));
        await().until(() -> shop.events().size() == 2);
        shop.send(order("order-4", "30 prod-456", "30 prod-456"));
        await().until(() -> shop.events("order-4").size() == 1);
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("prod-456")).as("50 of order-3, none of order-4").isEqualTo("50 available, 50 reserved, version 2");
        assertThat(shop.events("order-4").get(0).bodyAsString()).contains("\"requestedQuantity\": 60", "\"availableStock\": 50");
        assertThat(tables.count("inventory_reservations")).as("one per product of order-3").isEqualTo(2);
    }

    @Test
    void anOrderHasOneOutcomeWhateverTheNumberOfItsMessages() {
        long completed = bus.counts(ShopDriver.SUBSCRIPTION).completed();
        // Three messages with different ids, so that the inbox accepts each of them.
        shop.send(order("order-5", "1 prod-456"), order("order-5", "1 prod-456"), order("order-5", "2 prod-789"));
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() == completed + 3);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox")).isEqualTo(3);
        assertThat(tables.count("inventory_orders")).isEqualTo(1);
        assertThat(tables.count("inventory_reservations")).isEqualTo(1);
        assertThat(shop.events("order-5")).hasSize(1);
    }
}
