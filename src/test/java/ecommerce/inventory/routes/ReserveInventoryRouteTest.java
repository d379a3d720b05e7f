package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.test.context.TestPropertySource;

/** {@code reserve-inventory.camel.yaml}: what the route does for each outcome of a reservation. */
@RouteTest(routes = "handlers/reserve-inventory", mock = "sql:*")
@TestPropertySource(properties = "inventory.reservation.ttl=pt20m")
class ReserveInventoryRouteTest {

    /** A message from the inbox; the SQL is a mock, so that the parameters do not matter. */
    private static final Map<String, Object> MESSAGE = message("order-1");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/handlers/reserve-inventory.sql")
    private MockEndpoint reserve;
    @EndpointInject("mock:sql:classpath:routes/handlers/insufficient-inventory.sql")
    private MockEndpoint insufficient;
    @EndpointInject("mock:sql:classpath:routes/handlers/commit-inventory.sql")
    private MockEndpoint commit;

    @Test
    void theMessageAndTheTimeToPayAreTheParametersOfTheReservation() throws Exception {
        reservationAnswers(outcome("order-1", "Reserved", null));
        reserve.expectedMessageCount(1);
        reserve.expectedVariableReceived("reservationTtl", "1200.0");

        handle(MESSAGE);

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(reserve.getExchanges().get(0).getMessage().getBody(Map.class))
            .containsEntry("messageBody", new String[] {"{\"orderId\":\"order-1\"}"});
    }

    @Test
    void ordersThatComeTogetherAreReservedInOneStatementAndEachHasItsOutcome() throws Exception {
        Map<String, Object> paid = outcome("order-2", "Paid", null);
        Map<String, Object> shortOrder = outcome("order-3", "Insufficient", "[]");
        reservationAnswers(shortOrder, outcome("order-1", "Reserved", null), paid);
        reserve.expectedMessageCount(1);
        commit.expectedBodiesReceived(paid);
        insufficient.expectedBodiesReceived(shortOrder);

        assertThat(handle(List.of(message("order-3"), MESSAGE, message("order-2"))).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(reserve.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("messageBody",
            new String[] {"{\"orderId\":\"order-3\"}", "{\"orderId\":\"order-1\"}", "{\"orderId\":\"order-2\"}"});
    }

    @Test
    void aFailureOfOneOrderFailsAll() throws Exception {
        CannotAcquireLockException failure = new CannotAcquireLockException("deadlock detected");
        reservationAnswers(outcome("order-1", "Paid", null), outcome("order-2", "Reserved", null));
        commit.whenAnyExchangeReceived(exchange -> {
            throw failure;
        });

        assertThat(handle(List.of(MESSAGE, message("order-2"))).getException()).isSameAs(failure);
    }

    @Test
    void aReservedOrderIsDone() throws Exception {
        reservationAnswers(outcome("order-1", "Reserved", null));
        insufficient.expectedMessageCount(0);
        commit.expectedMessageCount(0);

        assertThat(handle(MESSAGE).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anOrderThatIsPaidAlreadyIsCommitted() throws Exception {
        Map<String, Object> paid = outcome("order-1", "Paid", null);
        reservationAnswers(paid);
        commit.expectedBodiesReceived(paid);
        insufficient.expectedMessageCount(0);

        assertThat(handle(MESSAGE).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aShortOrderIsToldWithItsShortLinesAndIsNoFailure() throws Exception {
        String shortLines = "[{\"productId\": \"prod-456\", \"availableStock\": 1, \"requestedQuantity\": 2}]";
        Map<String, Object> shortOrder = outcome("order-1", "Insufficient", shortLines);
        reservationAnswers(shortOrder);
        insufficient.expectedBodiesReceived(shortOrder);

        assertThat(handle(MESSAGE).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Duplicate", "PaymentFailed", "Refunded", "Cancelled"})
    void anOrderThatHasItsOutcomeAlreadyTellsNothing(String outcome) throws Exception {
        reservationAnswers(outcome("order-1", outcome, null));
        insufficient.expectedMessageCount(0);
        commit.expectedMessageCount(0);

        assertThat(handle(MESSAGE).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anyOtherFailureIsLeftToTheInboxWhichTriesAgain() throws Exception {
        CannotAcquireLockException failure = new CannotAcquireLockException("deadlock detected");
        reserve.whenAnyExchangeReceived(exchange -> {
            throw failure;
        });
        insufficient.expectedMessageCount(0);

        assertThat(handle(MESSAGE).getException()).isSameAs(failure);

        MockEndpoint.assertIsSatisfied(camel);
    }

    private static Map<String, Object> message(String orderId) {
        return Map.of("messageBody", "{\"orderId\":\"" + orderId + "\"}");
    }

    /** A result row of the reservation: the message and its outcome. */
    private static Map<String, Object> outcome(String orderId, String outcome, String shortLines) {
        Map<String, Object> row = new HashMap<>(message(orderId));
        row.put("outcome", outcome);
        row.put("shortLines", shortLines);
        return row;
    }

    @SafeVarargs
    private void reservationAnswers(Map<String, Object>... rows) {
        reserve.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(List.of(rows)));
    }

    private Exchange handle(Object body) {
        return sender.send("direct:OrderCreated", exchange -> exchange.getMessage().setBody(body instanceof List ? body : List.of(body)));
    }
}
