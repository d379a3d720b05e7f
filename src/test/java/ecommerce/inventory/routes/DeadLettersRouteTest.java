package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** {@code dead-letters.camel.yaml}: an operator's request reaches the dead-letter queues, and the operator gets the answer. */
@RouteTest(routes = "operator/dead-letters", mock = "sql:*")
class DeadLettersRouteTest {

    private static final Map<String, Object> REQUEST = Map.of("source", "orders-subscription");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @MockitoBean
    private DeadLetterQueues deadLetterQueues;
    @EndpointInject("mock:sql:classpath:routes/operator/log-replay.sql")
    private MockEndpoint sql;

    @Test
    void whatIsDeadLetteredIsTold() {
        List<Map<String, Object>> messages = List.of(Map.of("sequenceNumber", 7L));
        when(deadLetterQueues.list(REQUEST)).thenReturn(messages);

        assertThat(sender.requestBody("direct:list-dead-letters", REQUEST)).isEqualTo(messages);
    }

    @Test
    void whatIsReplayedIsTold() {
        Map<String, Object> outcome = Map.of("replayed", 2, "failed", List.of());
        when(deadLetterQueues.replay(REQUEST)).thenReturn(outcome);

        assertThat(sender.requestBody("direct:replay-dead-letters", REQUEST)).isEqualTo(outcome);
    }

    @Test
    void aRequestThatIsWrongFailsWithTheFieldAndTheValue() {
        when(deadLetterQueues.replay(REQUEST)).thenThrow(new IllegalArgumentException("source: 'x' is not a route"));

        Exchange exchange = sender.send("direct:replay-dead-letters", asked -> asked.getMessage().setBody(REQUEST));

        assertThat(exchange.getException()).isInstanceOf(IllegalArgumentException.class).hasMessage("source: 'x' is not a route");
    }

    @Test
    void aReplayIsLoggedByItsSql() throws Exception {
        sql.expectedBodiesReceived(REQUEST);

        sender.sendBody("direct:log-replay", REQUEST);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aReplayThatCannotBeLoggedFails() {
        sql.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("connection refused");
        });

        Exchange exchange = sender.send("direct:log-replay", replayed -> replayed.getMessage().setBody(REQUEST));

        assertThat(exchange.getException()).isInstanceOf(DataAccessResourceFailureException.class);
    }
}
