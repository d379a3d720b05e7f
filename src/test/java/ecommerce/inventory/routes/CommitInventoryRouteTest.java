package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;

/** {@code payment-processed.camel.yaml} and {@code commit-inventory.camel.yaml}: the effect of a payment. */
@RouteTest(routes = {"handlers/payment-processed", "handlers/commit-inventory"},
    mock = {"sql:*", "direct:reserve-inventory", "direct:PaymentFailed", "direct:payment-refunded"}, watch = "direct:commit-inventory")
class CommitInventoryRouteTest {

    /** A message from the inbox; the SQL is a mock, so that the parameters do not matter. */
    private static final Map<String, Object> MESSAGE = Map.of("messageBody", "{\"orderId\":\"order-1\"}");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/handlers/order-paid.sql")
    private MockEndpoint orderPaid;
    @EndpointInject("mock:sql:classpath:routes/handlers/order-again.sql")
    private MockEndpoint orderAgain;
    @EndpointInject("mock:sql:classpath:routes/handlers/commit-inventory.sql")
    private MockEndpoint commit;
    @EndpointInject("mock:direct:reserve-inventory")
    private MockEndpoint reserve;

    @ParameterizedTest
    @CsvSource({"Authorized, commit-inventory", "Captured, commit-inventory", "Failed, PaymentFailed", "Refunded, payment-refunded"})
    void aPaymentGoesWhereItsStatusSays(String status, String route) throws Exception {
        orderPaidAnswers(false);
        for (String other : new String[] {"commit-inventory", "PaymentFailed", "payment-refunded"}) {
            camel.getEndpoint("mock:direct:" + other, MockEndpoint.class).expectedMessageCount(other.equals(route) ? 1 : 0);
        }

        handle(status);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatIsReservedIsCommitted() throws Exception {
        orderPaidAnswers(false);
        orderPaid.expectedBodiesReceived(MESSAGE);
        commit.expectedBodiesReceived(MESSAGE);
        orderAgain.expectedMessageCount(0);
        reserve.expectedMessageCount(0);

        handle("Captured");

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatIsNoLongerReservedIsOrderedAgain() throws Exception {
        Map<String, Object> order = Map.of("messageBody", "{\"orderId\":\"order-1\",\"items\":[]}");
        orderPaidAnswers(true);
        orderAgain.expectedBodiesReceived(MESSAGE);
        orderAgain.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(order));
        reserve.expectedBodiesReceived(order);
        commit.expectedMessageCount(0);

        handle("Captured");

        MockEndpoint.assertIsSatisfied(camel);
    }

    private void orderPaidAnswers(boolean lost) {
        orderPaid.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(lost));
    }

    private void handle(String status) {
        Exchange handled = sender.send("direct:PaymentProcessed", exchange -> {
            exchange.setVariable("messageBody", "{\"orderId\":\"order-1\",\"status\":\"" + status + "\"}");
            exchange.getMessage().setBody(MESSAGE);
        });
        assertThat(handled.getException()).isNull();
    }
}
