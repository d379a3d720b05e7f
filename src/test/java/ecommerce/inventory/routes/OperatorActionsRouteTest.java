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
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessResourceFailureException;

/** {@code operator-actions.camel.yaml}: the record of operators' actions. */
@RouteTest(routes = "operator/operator-actions", mock = "sql:*")
class OperatorActionsRouteTest {

    private static final Map<String, Object> ACTION = Map.of("action", "rebuild-summary", "parameters", "{}", "by", "ann", "reason", "it differs",
        "client", "10.0.0.7");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:sql:classpath:routes/operator/log-operator-action.sql")
    private MockEndpoint sql;

    @Test
    void anActionIsRecordedByItsSql() throws Exception {
        sql.expectedBodiesReceived(ACTION);

        sender.sendBody("direct:log-operator-action", ACTION);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anActionThatCannotBeRecordedFails() {
        sql.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("connection refused");
        });

        Exchange exchange = sender.send("direct:log-operator-action", asked -> asked.getMessage().setBody(ACTION));

        assertThat(exchange.getException()).isInstanceOf(DataAccessResourceFailureException.class);
    }
}
