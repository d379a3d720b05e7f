package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.spring.junit5.UseAdviceWith;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.test.context.TestPropertySource;

/** {@code reserve-inventory.camel.yaml}: what the route makes of each outcome of the reservation. */
@RouteTest
@UseAdviceWith
@TestPropertySource(properties = {
    "camel.main.routes-include-pattern=classpath:routes/reserve-inventory.camel.yaml",
    "inventory.reservation.ttl=PT20M"})
class ReserveInventoryRouteTest {

    /** A message as the inbox passes it on; the SQL is a mock, so any parameter will do. */
    private static final Map<String, Object> MESSAGE = Map.of("messageBody", "{\"orderId\":\"order-1\"}");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:sql/reserve-inventory.sql")
    private MockEndpoint reserve;
    @EndpointInject("mock:sql:classpath:sql/insufficient-inventory.sql")
    private MockEndpoint insufficient;
    @EndpointInject("mock:sql:classpath:sql/commit-inventory.sql")
    private MockEndpoint commit;

    @BeforeEach
    void mockTheSql() throws Exception {
        if (!camel.isStarted()) {
            AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.mockEndpointsAndSkip("sql:*"));
            camel.start();
        }
        MockEndpoint.resetMocks(camel);
    }

    @Test
    void theMessageAndTheTimeToPayAreTheParametersOfTheReservation() throws Exception {
        reservationAnswers("Reserved", null);
        reserve.expectedBodiesReceived(MESSAGE);
        reserve.expectedVariableReceived("reservationTtl", "PT20M");

        handle();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aReservedOrderIsDone() throws Exception {
        reservationAnswers("Reserved", null);
        insufficient.expectedMessageCount(0);
        commit.expectedMessageCount(0);

        assertThat(handle().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anOrderThatIsPaidAlreadyIsCommitted() throws Exception {
        reservationAnswers("Paid", null);
        commit.expectedBodiesReceived(MESSAGE);
        insufficient.expectedMessageCount(0);

        assertThat(handle().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aShortOrderIsToldWithItsShortLinesAndIsNoFailure() throws Exception {
        String shortLines = "[{\"productId\": \"prod-456\", \"availableStock\": 1, \"requestedQuantity\": 2}]";
        reservationAnswers("Insufficient", shortLines);
        insufficient.expectedBodiesReceived(MESSAGE);
        insufficient.expectedVariableReceived("shortLines", shortLines);

        assertThat(handle().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Duplicate", "PaymentFailed", "Refunded", "Cancelled"})
    void anOrderThatHasItsOutcomeAlreadyTellsNothing(String outcome) throws Exception {
        reservationAnswers(outcome, null);
        insufficient.expectedMessageCount(0);
        commit.expectedMessageCount(0);

        assertThat(handle().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anyOtherFailureIsLeftToTheInboxWhichTriesAgain() throws Exception {
        CannotAcquireLockException failure = new CannotAcquireLockException("deadlock detected");
        reserve.whenAnyExchangeReceived(exchange -> {
            throw failure;
        });
        insufficient.expectedMessageCount(0);

        assertThat(handle().getException()).isSameAs(failure);

        MockEndpoint.assertIsSatisfied(camel);
    }

    private void reservationAnswers(String outcome, String shortLines) {
        reserve.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(
            shortLines == null ? Map.of("outcome", outcome) : Map.of("outcome", outcome, "short_lines", shortLines)));
    }

    private Exchange handle() {
        return sender.send("direct:OrderCreated", exchange -> exchange.getMessage().setBody(MESSAGE));
    }
}
