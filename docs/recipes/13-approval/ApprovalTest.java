package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class ApprovalTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @BeforeEach
    void empty() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 100_000);
    }

    @Test
    void eachLargeOrderWaitsForItsApprovalAndTheOthersAreReservedHoweverManyComeTogether() {
        shop.send(IntStream.range(0, 200).mapToObj(i -> ShopDriver.order("order-" + i, (i % 2 == 0 ? 101 : 100) + " a")).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);
        assertThat(tables.count("inventory_orders WHERE status = 'AwaitingApproval'")).isEqualTo(100);
        assertThat(tables.stockOf("a")).startsWith("90000 available, 10000 reserved");
        assertThat(shop.events()).filteredOn(event -> event.subject().equals("ApprovalRequired")).hasSize(100).allSatisfy(Contracts::assertKept);

        shop.send(IntStream.range(0, 200).mapToObj(i -> approved("order-" + i, i % 2 == 0 ? 101 : 100)).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(200);
        assertThat(tables.stockOf("a")).startsWith("79900 available, 20100 reserved");
        assertThat(shop.events()).filteredOn(event -> event.subject().equals("InventoryReserved")).as("one for each order").hasSize(200);
    }

    @Test
    void anOrderThatIsPaidWhileItWaitsIsCommittedWhenItIsApproved() {
        shop.send(ShopDriver.order("order-1", "101 a"), ShopDriver.order("order-1", "101 a"));
        shop.awaitQuiet(tables);
        shop.sendPayments(ShopDriver.about("order-1", "PaymentProcessed", "Captured"));
        shop.awaitQuiet(tables);
        assertThat(tables.statusOf("order-1")).isEqualTo("PaidAwaitingApproval");

        shop.send(approved("order-1", 101));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1")).isEqualTo("Committed");
        assertThat(shop.events("order-1")).extracting(event -> event.subject())
            .containsExactly("ApprovalRequired", "InventoryReserved", "InventoryCommitted");
    }

    @Test
    void anOrderThatIsCancelledWhileItWaitsReservesNothing() {
        shop.send(ShopDriver.order("order-1", "101 a"));
        shop.awaitQuiet(tables);
        shop.send(ShopDriver.about("order-1", "OrderCancelled"));
        shop.awaitQuiet(tables);

        shop.send(approved("order-1", 101));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1")).isEqualTo("Cancelled");
        assertThat(tables.stockOf("a")).startsWith("100000 available, 0 reserved");
    }

    private static ServiceBusMessage approved(String orderId, int quantity) {
        return ShopDriver.orderCreated("{\"orderId\": \"" + orderId + "\", \"approved\": true, \"items\": [{\"productId\": \"a\", \"quantity\": "
            + quantity + "}]}");
    }
}
