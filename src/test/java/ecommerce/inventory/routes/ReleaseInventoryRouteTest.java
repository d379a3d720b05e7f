package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** {@code release-inventory.camel.yaml}: the messages that release stock. */
@RouteTest(routes = "handlers/release-inventory", mock = "sql:*")
class ReleaseInventoryRouteTest {

    /** A message from the inbox; the SQL is a mock, so that the parameters do not matter. */
    private static final Map<String, Object> MESSAGE = Map.of("messageBody", "{\"orderId\":\"order-1\"}");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/handlers/end-order.sql")
    private MockEndpoint endOrder;
    @EndpointInject("mock:sql:classpath:routes/handlers/release-inventory.sql")
    private MockEndpoint release;

    @ParameterizedTest
    @CsvSource({"OrderCancelled, Cancelled", "PaymentFailed, PaymentFailed"})
    void theOrderIsEndedFirstAndThenItsStockIsGivenBack(String from, String event) throws Exception {
        endOrder.expectedBodiesReceived(MESSAGE);
        endOrder.expectedVariableReceived("event", event);
        endOrder.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody("[\"order-1\"]"));
        release.expectedBodiesReceived(MESSAGE);
        release.expectedVariableReceived("orders", "[\"order-1\"]");

        assertThat(handle(from, MESSAGE).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OrderCancelled", "PaymentFailed"})
    void ordersThatEndTogetherEndInTheirOrder(String from) throws Exception {
        Map<String, Object> other = Map.of("messageBody", "{\"orderId\":\"order-2\"}");
        endOrder.expectedBodiesReceived(MESSAGE, other);
        release.expectedBodiesReceived(MESSAGE, other);

        assertThat(handle(from, MESSAGE, other).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @SafeVarargs
    private Exchange handle(String from, Map<String, Object>... messages) {
        return sender.send("direct:" + from, exchange -> exchange.getMessage().setBody(List.of(messages)));
    }
}
