package ecommerce.loyalty;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

@WorkerTest
class LoyaltyTest {

    private static final String ORDERS = "orders/Subscriptions/loyalty";
    private static final int COUNT = 30;

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @Test
    void eachOrderEarnsItsPointsOnceThoughItComesTwiceAndEveryFifthTransactionFails() {
        jdbc.execute("""
            CREATE SEQUENCE commits;
            CREATE FUNCTION fail_sometimes() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN IF nextval(''commits'') % 5 = 0 THEN RAISE serialization_failure; END IF; RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER fails_sometimes AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION fail_sometimes()""");
        ServiceBusMessage[] orders = IntStream.range(0, COUNT)
            .mapToObj(i -> order("order-" + i, "cust-" + i % 2, "10.99")).toArray(ServiceBusMessage[]::new);

        shop.send(orders);
        shop.send(orders);
        shop.send(order("order-x", "", "10.99"));
        await().until(() -> bus.counts(ORDERS).active() == 0 && tables.count("inbox WHERE processed_at IS NULL") == 0
            && tables.count("outbox WHERE published_at IS NULL") == 0);

        assertThat(tables.rows("SELECT customer_id || ' ' || points AS earned FROM points ORDER BY 1"))
            .extracting(row -> row.get("earned")).containsExactly("cust-0 150", "cust-1 150");
        assertThat(bus.browse("loyalty/Subscriptions/shop")).extracting(BrowsedMessage::bodyAsString)
            .as("published in the order of the commits").filteredOn(body -> body.contains("cust-0"))
            .containsExactlyElementsOf(IntStream.rangeClosed(1, COUNT / 2)
                .mapToObj(i -> "{\"points\": " + i * 10 + ", \"customerId\": \"cust-0\"}").toList());
        assertThat(bus.browse(ORDERS + "/$DeadLetterQueue")).extracting(BrowsedMessage::deadLetterReason).containsExactly("SchemaViolation");
        assertThat(jdbc.queryForObject("SELECT last_value FROM commits", Integer.class)).as("some have failed").isGreaterThan(COUNT);
    }

    private static ServiceBusMessage order(String orderId, String customerId, String totalAmount) {
        return ShopDriver.orderCreated("{\"orderId\": \"" + orderId + "\", \"customerId\": \"" + customerId + "\", \"totalAmount\": " + totalAmount + "}");
    }
}
