package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class DeferredOrderTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @BeforeEach
    void aSaleInAnHour() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 1000);
        tables.stock("new", 101);
        jdbc.update("INSERT INTO sales VALUES ('new', now() + interval '1 hour') ON CONFLICT (product_id) DO UPDATE SET begins_at = excluded.begins_at");
    }

    @Test
    void eachOrderWaitsUntilItsSaleBeginsAndTheOthersAreReservedHoweverManyComeTogether() {
        shop.send(IntStream.range(0, 200).mapToObj(i -> ShopDriver.order("order-" + i, "1 a", "1 " + (i % 2 == 0 ? "new" : "a"))).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);
        assertThat(tables.count("inventory_orders WHERE status = 'Deferred'")).isEqualTo(100);
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(100);
        assertThat(tables.stockOf("new")).startsWith("101 available");
        shop.sendPayments(ShopDriver.about("order-0", "PaymentProcessed", "Captured"));
        shop.send(ShopDriver.about("order-2", "OrderCancelled"), ShopDriver.order("order-200", "102 new"));
        shop.awaitQuiet(tables);
        assertThat(tables.statusOf("order-0") + tables.statusOf("order-2")).isEqualTo("PaidDeferredCancelled");

        jdbc.update("UPDATE sales SET begins_at = now()");

        await().until(() -> tables.count("inventory_orders WHERE status LIKE '%Deferred'"), waiting -> waiting == 0);
        shop.awaitQuiet(tables);
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(198);
        assertThat(tables.statusOf("order-0") + tables.statusOf("order-2") + tables.statusOf("order-200")).isEqualTo("CommittedCancelledInsufficient");
        assertThat(tables.stockOf("new")).startsWith("2 available, 98 reserved");
        assertThat(shop.events("order-200")).extracting(event -> event.subject()).containsExactly("InventoryInsufficient");
    }
}
