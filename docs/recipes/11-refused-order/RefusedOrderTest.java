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
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

@WorkerTest
class RefusedOrderTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @BeforeEach
    void aBlockedCustomer() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 1000);
        jdbc.update("INSERT INTO blocked_customers VALUES ('cust-13') ON CONFLICT DO NOTHING");
    }

    @Test
    void eachOrderOfABlockedCustomerIsRefusedAndTheOthersAreReservedHoweverManyComeTogether() {
        shop.send(IntStream.range(0, 200).mapToObj(i -> order("order-" + i, i % 2 == 0 ? "cust-13" : "cust-12")).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inventory_orders WHERE status = 'Refused'")).isEqualTo(100);
        assertThat(tables.stockOf("a")).startsWith("900 available, 100 reserved");
        assertThat(shop.events()).filteredOn(event -> event.subject().equals("OrderRefused")).hasSize(100).allSatisfy(event -> {
            assertThat(event.bodyAsString()).contains("\"customerId\": \"cust-13\"");
            Contracts.assertKept(event);
        });
    }

    @Test
    void anOrderThatIsRefusedStaysSoAndIsReportedOnce() {
        shop.send(order("order-1000", "cust-13"), order("order-1000", "cust-13"));
        shop.awaitQuiet(tables);
        shop.sendPayments(ShopDriver.about("order-1000", "PaymentProcessed", "Captured"));
        shop.awaitQuiet(tables);

        assertThat(tables.statusOf("order-1000")).isEqualTo("Refused");
        assertThat(shop.events("order-1000")).extracting(event -> event.subject()).containsExactly("OrderRefused");
    }

    private static ServiceBusMessage order(String orderId, String customer) {
        return ShopDriver.orderCreated("{\"orderId\": \"" + orderId + "\", \"customerId\": \"" + customer
            + "\", \"items\": [{\"productId\": \"a\", \"quantity\": 1}]}");
    }
}
