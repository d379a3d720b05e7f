package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class ReleasedStockTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void onlyTheReleasesAreInTheQueueAndAllEventsAreStillOnTheTopic() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 5);
        shop.send(ShopDriver.order("order-1", "2 a"));
        shop.awaitQuiet(tables);
        shop.send(ShopDriver.about("order-1", "OrderCancelled"));
        shop.awaitQuiet(tables);

        assertThat(bus.browse("released-stock")).extracting(BrowsedMessage::subject).containsExactly("InventoryReleased");
        assertThat(shop.events("order-1")).extracting(BrowsedMessage::subject).containsExactly("InventoryReserved", "InventoryReleased");
    }
}
