package ecommerce.inventory.routes;

import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.APPLICATION_PROPERTIES;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.MESSAGE_ID;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.SUBJECT;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.azure.servicebus.CredentialType;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** {@code inbox-subscription.camel.yaml} and {@code sources.camel.yaml}: from the subscription or queue to the inbox. */
@RouteTest(routes = {"receive/inbox-subscription", "receive/sources"}, mock = "direct:inbox")
@TestPropertySource(properties = {
    "inventory.servicebus.credential-type=AZURE_IDENTITY",
    "inventory.servicebus.namespace=shop.servicebus.windows.net",
    "inventory.servicebus.max-lock-renewal=PT7M",
    "inventory.servicebus.try-timeout=PT3S"})
class SubscriptionsRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:direct:inbox")
    private MockEndpoint inbox;

    @ParameterizedTest
    @ValueSource(strings = {"orders", "payments", "commands"})
    void theNodesOfEachSourceHaveIdsOfTheirOwn(String prefix) {
        assertThat((Object) camel.getProcessor(prefix + "-to-inbox")).isNotNull();
    }

    @Test
    void whatReceivesHasTheSettingsOfTheConnection() {
        ServiceBusConfiguration configuration = camel.getEndpoint("azure-servicebus:orders?serviceBusType=topic&subscriptionName=inventory",
            ServiceBusEndpoint.class).getConfiguration();

        assertThat(configuration.getCredentialType()).isEqualTo(CredentialType.AZURE_IDENTITY);
        assertThat(configuration.getFullyQualifiedNamespace()).isEqualTo("shop.servicebus.windows.net");
        assertThat(Duration.ofMillis(configuration.getMaxAutoLockRenewDuration())).hasMinutes(7);
        assertThat(configuration.getAmqpRetryOptions().getTryTimeout()).hasSeconds(3);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
        orders-subscription, "OrderCreated,OrderCancelled"
        payments-subscription, "PaymentProcessed,PaymentFailed"
        inventory-commands-queue, "RestockInventory,AdjustInventory"
        """)
    void aMessageGoesToTheInboxAsTheBrokerGaveItWithTheTypesThatAreAcceptedFromThere(String subscription, String types) throws Exception {
        byte[] body = "{\"OrderId\":\"order-1\"}".getBytes(StandardCharsets.UTF_8);
        Map<String, Object> headers = Map.of(
            MESSAGE_ID, "m-1",
            SUBJECT, "OrderCreated",
            APPLICATION_PROPERTIES, Map.of("traceparent", "00-1"));
        inbox.expectedMessageCount(1);

        sender.sendBodyAndHeaders("direct:" + subscription, body, headers);

        MockEndpoint.assertIsSatisfied(camel);
        Message message = inbox.getExchanges().get(0).getMessage();
        assertThat(message.getBody()).isSameAs(body);
        assertThat(message.getHeaders()).isEqualTo(headers);
        assertThat(inbox.getExchanges().get(0).getVariables()).isEqualTo(Map.of("acceptedTypes", types));
    }
}
