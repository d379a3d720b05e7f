package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** {@code erase.camel.yaml} and {@code erase-order.camel.yaml}: what an operator can erase, and what is refused. */
@RouteTest(routes = {"operator/erase", "operator/erase-order"}, mock = "sql:*")
class EraseRouteTest {

    private static final Map<String, Object> OF_ORDER = Map.of("orderId", "order-1", "by", "ann", "reason", "asked for");
    private static final Map<String, Object> TABLES = Map.of("orders", 1L);
    private static final Map<String, Map<String, Object>> LETTERS = Map.of("orders-subscription", Map.of("erased", 2, "failed", List.of()));

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate operator;
    @MockitoBean
    private DeadLetterQueues deadLetterQueues;
    @EndpointInject("mock:sql:classpath:routes/handlers/lock-order.sql")
    private MockEndpoint lock;
    @EndpointInject("mock:sql:classpath:routes/operator/refuse-erasure.sql")
    private MockEndpoint refuse;
    @EndpointInject("mock:sql:classpath:routes/operator/erase-order.sql")
    private MockEndpoint erase;

    @BeforeEach
    void nothingIsRefused() {
        erase.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(TABLES));
        refusal(null);
    }

    private void refusal(String refusal) {
        refuse.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(refusal));
    }

    @Test
    void anOrderIsErasedFromTheTablesAndThenFromTheDeadLetterQueues() throws Exception {
        when(deadLetterQueues.erase("order-1")).thenReturn(LETTERS);
        lock.expectedBodiesReceived(OF_ORDER);
        refuse.expectedBodiesReceived(OF_ORDER);
        erase.expectedBodiesReceived(OF_ORDER);

        assertThat(operator.requestBody("direct:erase", OF_ORDER)).isEqualTo(Map.of("tables", TABLES, "deadLetters", LETTERS));

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aCustomerIsErasedFromTheDeadLetterQueues() throws Exception {
        when(deadLetterQueues.erase("customer-1")).thenReturn(LETTERS);
        erase.expectedMessageCount(0);
        Map<String, Object> answer = new HashMap<>(Map.of("deadLetters", LETTERS));
        answer.put("tables", null);

        assertThat(operator.requestBody("direct:erase", Map.of("customerId", "customer-1", "by", "ann", "reason", "asked for"))).isEqualTo(answer);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anOrderThatIsNotFinishedIsNeitherErasedFromTheTablesNorFromTheDeadLetterQueues() throws Exception {
        refusal("orderId: the order holds a reservation");
        erase.expectedMessageCount(0);

        assertThat(erase(OF_ORDER)).isInstanceOf(IllegalArgumentException.class).hasMessage("orderId: the order holds a reservation");

        MockEndpoint.assertIsSatisfied(camel);
        verify(deadLetterQueues, never()).erase(any());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        orderId    |     | orderId, customerId: one of them has to be given
        orderId    | " " | orderId, customerId: one of them has to be given
        customerId | c   | orderId, customerId: both are given; one of them can be erased at a time
        by         |     | by: is blank; who wants the erasure has to be named
        by         | " " | by: is blank; who wants the erasure has to be named
        reason     |     | reason: is blank; it has to be said why something is erased
        reason     | " " | reason: is blank; it has to be said why something is erased
        """)
    void aRequestThatIsWrongIsRefused(String field, String value, String message) throws Exception {
        lock.expectedMessageCount(0);
        Map<String, Object> request = new HashMap<>(OF_ORDER);
        request.put(field, value);

        assertThat(erase(request)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);

        MockEndpoint.assertIsSatisfied(camel);
        verify(deadLetterQueues, never()).erase(any());
    }

    private Exception erase(Map<String, Object> request) {
        Exchange exchange = operator.send("direct:erase", asked -> asked.getMessage().setBody(request));
        // A transaction wraps it.
        return exchange.getException(IllegalArgumentException.class);
    }
}
