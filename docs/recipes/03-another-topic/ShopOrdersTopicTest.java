package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@WorkerTest
class ShopOrdersTopicTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private Tables tables;

    @Test
    void anOrderFromTheOtherTopicIsReserved() {
        tables.stock("a", 5);
        try (ServiceBusSenderClient topic = new ServiceBusClientBuilder().connectionString(bus.connectionString())
                .sender().topicName("shop-orders").buildClient()) {
            topic.sendMessage(order("order-1", "2 a"));
        }

        await().until(() -> tables.statusOf("order-1") != null);
        assertThat(tables.stockOf("a")).isEqualTo("3 available, 2 reserved, version 2");
    }
}
