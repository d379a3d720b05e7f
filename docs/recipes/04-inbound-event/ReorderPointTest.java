package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@WorkerTest
class ReorderPointTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void theLastReorderPointCountsAndAWrongOneIsDeadLettered() {
        shop.command("ReorderPointSet", "{\"productId\": \"a\", \"reorderPoint\": 10}");
        shop.command("ReorderPointSet", "{\"productId\": \"a\", \"reorderPoint\": 5}");
        shop.command("ReorderPointSet", "{\"productId\": \"a\", \"reorderPoint\": -1}");
        shop.awaitQuiet(tables);

        assertThat(bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue")).singleElement().satisfies(dead ->
            assertThat(dead.deadLetterErrorDescription()).isEqualTo("reorderPoint: must have a minimum value of 0, but is -1"));
        assertThat(tables.row("SELECT reorder_point FROM reorder_points WHERE product_id = 'a'")).containsEntry("reorder_point", 5);
    }
}
