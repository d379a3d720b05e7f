package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.camel.CamelContext;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.util.TestSocketUtils;

@WorkerTest
class OtherBrokerTest {

    private static final EmbeddedActiveMQ BROKER = new EmbeddedActiveMQ();
    private static String url;

    @Autowired
    private CamelContext camel;
    @Autowired
    private Tables tables;
    @DynamicPropertySource
    static void startBroker(DynamicPropertyRegistry settings) throws Exception {
        url = "amqp://localhost:" + TestSocketUtils.findAvailableTcpPort();
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setPersistenceEnabled(false).setSecurityEnabled(false)
            .addAcceptorConfiguration("amqp", url.replace("amqp:", "tcp:") + "?protocols=AMQP");
        for (String topic : List.of("orders", "payments")) {
            configuration.addAddressConfiguration(new CoreAddressConfiguration().setName(topic).addRoutingType(RoutingType.MULTICAST)
                .addQueueConfiguration(QueueConfiguration.of("inventory-" + topic).setAddress(topic).setRoutingType(RoutingType.MULTICAST)));
        }
        BROKER.setConfiguration(configuration).start();
        settings.add("inventory.broker.url", () -> url);
    }

    @AfterAll
    static void stopBroker() throws Exception {
        BROKER.stop();
    }

    @Test
    void whatComesByItIsHandledOnceAndWhatIsToldGoesByIt() throws Exception {
        assertThat(camel.getRoute("orders-subscription").getEndpoint().getEndpointUri()).startsWith("amqp:");
        tables.stock("a", 5);
        ConnectionFactory broker = new JmsConnectionFactory(url);
        try (JMSContext shop = broker.createContext(Session.AUTO_ACKNOWLEDGE)) {
            JMSConsumer events = shop.createConsumer(shop.createTopic("inventory"));
            JMSConsumer deadLetters = shop.createConsumer(shop.createQueue("dead-letters"));

            send(shop, "{\"orderId\": \"order-1\", \"items\": [{\"productId\": \"a\", \"quantity\": 2}]}");
            send(shop, "{\"orderId\": \"order-1\", \"items\": [{\"productId\": \"a\", \"quantity\": 2}]}");
            send(shop, "{\"orderId\": \"order-2\", \"items\": []}");

            Message event = events.receive(60_000);
            assertThat(event.getJMSType()).isEqualTo("InventoryReserved");
            assertThat(event.getBody(String.class)).contains("\"orderId\": \"order-1\"");
            assertThat(event.getStringProperty("MessageId")).isEqualTo(event.getStringProperty("_AMQ_DUPL_ID"));
            assertThat(deadLetters.receive(60_000).getStringProperty("DeadLetterReason")).contains("items: must have at least 1 items");
        }
        await().until(() -> tables.count("outbox WHERE published_at IS NULL") == 0);
        assertThat(tables.stockOf("a")).isEqualTo("3 available, 2 reserved, version 2");
    }

    private static void send(JMSContext shop, String order) throws JMSException {
        Message message = shop.createTextMessage(order);
        message.setJMSType("OrderCreated");
        message.setStringProperty("CAmelJmsDestinationName", "elsewhere");
        shop.createProducer().send(shop.createTopic("orders"), message);
    }
}
