package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@WorkerTest
class LowStockTest {

    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void isToldOnceWhenAReservationGoesBelowTheReorderPoint() {
        tables.stock("a", 12);
        tables.stock("without-reorder-point", 1);
        shop.command("ReorderPointSet", "{\"productId\": \"a\", \"reorderPoint\": 10}");
        shop.awaitQuiet(tables);

        for (String lines : new String[] {"2 a", "1 a", "1 a", "1 without-reorder-point"}) {
            shop.send(order("order of " + lines + " at " + tables.count("inbox"), lines));
            shop.awaitQuiet(tables);
        }

        assertThat(shop.events()).filteredOn(event -> event.subject().equals("LowStock")).singleElement().satisfies(event -> {
            assertThat(event.bodyAsString()).contains("\"productId\": \"a\"", "\"availableStock\": 9", "\"reorderPoint\": 10");
            Contracts.assertKept(event);
        });
    }
}
