package ecommerce.inventory.routes;

import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.SUBJECT;

import java.nio.charset.StandardCharsets;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;

@RouteTest(routes = "inbox/inbox", mock = {"direct:inbox-transaction", "seda:*"})
class TestOrderTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:direct:inbox-transaction")
    private MockEndpoint transaction;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        OrderCreated   | {"orderId": "1", "customerId": "cust-test", "items": [{"productId": "a", "quantity": 1}]} | 0
        OrderCreated   | {"orderId": "1", "customerId": "cust-123", "items": [{"productId": "a", "quantity": 1}]}  | 1
        OrderCreated   | {"orderId": "1", "items": [{"productId": "a", "quantity": 1}]}                            | 1
        OrderCancelled | {"orderId": "1"}                                                                          | 1
        """)
    void onlyTheOrdersOfTheTestCustomerAreLeft(String type, String message, int handled) throws Exception {
        transaction.expectedMessageCount(handled);

        sender.send("direct:inbox", exchange -> {
            exchange.setVariable("acceptedTypes", "OrderCreated,OrderCancelled");
            exchange.getMessage().setBody(message.getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeader(SUBJECT, type);
        });

        MockEndpoint.assertIsSatisfied(camel);
    }
}
