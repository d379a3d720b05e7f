package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@WorkerTest
class TicketExpiryTest {

    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void anOrderWithATicketHoldsShorter() {
        tables.stock("book", 5);
        tables.stock("ticket-7", 5);

        shop.send(order("books", "1 book"), order("tickets", "1 ticket-7"), order("both", "1 book", "1 ticket-7"));
        shop.awaitQuiet(tables);

        assertThat(tables.rows("SELECT DISTINCT order_id || ' ' || (expires_at - created_at) AS held FROM inventory_reservations ORDER BY 1"))
            .extracting(row -> row.get("held")).containsExactly("books 00:15:00", "both 00:03:00", "tickets 00:03:00");
    }
}
