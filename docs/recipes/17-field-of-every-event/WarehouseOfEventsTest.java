package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class WarehouseOfEventsTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void eachEventNamesTheWarehouse() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);

        shop.send(ShopDriver.order("order-1", "1 a"), ShopDriver.order("order-2", "100 a"));
        shop.command("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 1}");
        shop.awaitQuiet(tables);
        shop.send(ShopDriver.about("order-1", "OrderCancelled"));
        shop.awaitQuiet(tables);

        assertThat(shop.events()).extracting(event -> event.subject())
            .contains("InventoryReserved", "InventoryInsufficient", "InventoryRestocked", "InventoryReleased");
        assertThat(shop.events()).allSatisfy(event -> {
            assertThat(event.bodyAsString()).contains("\"warehouse\": \"springfield\"");
            Contracts.assertKept(event);
        });
    }
}
