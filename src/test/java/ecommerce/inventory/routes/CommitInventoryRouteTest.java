package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** {@code payment-processed.camel.yaml} and {@code commit-inventory.camel.yaml}: the effect of a payment. */
@RouteTest(routes = {"handlers/payment-processed", "handlers/commit-inventory"},
    mock = {"sql:*", "direct:reserve-inventory", "direct:end-order"}, watch = "direct:commit-inventory")
class CommitInventoryRouteTest {

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
    @EndpointInject("mock:direct:commit-inventory")
    private MockEndpoint toCommit;
    @EndpointInject("mock:direct:end-order")
    private MockEndpoint endOrder;

    @ParameterizedTest
    @ValueSource(strings = {"Authorized", "Captured"})
    void aPaymentThatIsTakenCommits(String status) throws Exception {
        orderPaidAnswers(false);
        toCommit.expectedBodiesReceived(payment(status));
        endOrder.expectedMessageCount(0);

        handle(status);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @CsvSource({"Failed, PaymentFailed", "Refunded, Refunded"})
    void aPaymentThatFailsOrIsRefundedEndsTheOrder(String status, String event) throws Exception {
        endOrder.expectedBodiesReceived(payment(status));
        endOrder.expectedVariableReceived("event", event);
        toCommit.expectedMessageCount(0);

        handle(status);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void paymentsThatComeTogetherAreHandledInTheirOrderEachByItsStatus() throws Exception {
        orderPaidAnswers(false);
        toCommit.expectedBodiesReceived(payment("Captured"), payment("Authorized"));
        endOrder.expectedBodiesReceived(payment("Failed"));

        handle("Captured", "Failed", "Authorized");

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatIsReservedIsCommitted() throws Exception {
        orderPaidAnswers(false);
        orderPaid.expectedBodiesReceived(payment("Captured"));
        commit.expectedBodiesReceived(payment("Captured"));
        orderAgain.expectedMessageCount(0);
        reserve.expectedMessageCount(0);

        handle("Captured");

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatIsNoLongerReservedIsOrderedAgain() throws Exception {
        List<Map<String, String>> order = List.of(Map.of("messageBody", "{\"orderId\":\"order-1\",\"items\":[]}"));
        orderPaidAnswers(true);
        orderAgain.expectedBodiesReceived(payment("Captured"));
        orderAgain.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(order));
        reserve.expectedBodiesReceived(List.of(order));
        commit.expectedMessageCount(0);

        handle("Captured");

        MockEndpoint.assertIsSatisfied(camel);
    }

    private void orderPaidAnswers(boolean lost) {
        orderPaid.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(lost));
    }

    /** A message from the inbox; the SQL is a mock, so that its other fields do not matter. */
    private static Map<String, Object> payment(String status) {
        return Map.of("messageBody", "{\"orderId\":\"order-1\",\"status\":\"" + status + "\"}");
    }

    private void handle(String... statuses) {
        Exchange handled = sender.send("direct:PaymentProcessed", exchange ->
            exchange.getMessage().setBody(Stream.of(statuses).map(CommitInventoryRouteTest::payment).toList()));
        assertThat(handled.getException()).isNull();
    }
}
