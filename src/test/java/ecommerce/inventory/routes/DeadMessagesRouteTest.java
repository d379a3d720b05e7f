package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
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

/** {@code dead-messages.camel.yaml}: an operator's actions on dead messages. */
@RouteTest(routes = "operator/dead-messages", mock = "sql:*")
class DeadMessagesRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate operator;
    @EndpointInject("mock:sql:classpath:routes/operator/replay-dead-messages.sql")
    private MockEndpoint replay;

    @Test
    void aReplayNamesWhoAndWhy() throws Exception {
        Map<String, Object> request = request("ada", "fixed");
        replay.expectedBodiesReceived(request);
        replay.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(1L));

        assertThat(operator.requestBody("direct:replay-dead-messages", request)).isEqualTo(1L);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"replayedBy", "reason"})
    void aReplayByNoOneOrForNoReasonIsRefused(String field) throws Exception {
        replay.expectedMessageCount(0);
        for (String nothing : new String[] {null, "", " "}) {
            Map<String, Object> request = request("ada", "fixed");
            request.put(field, nothing);

            Exchange refused = operator.send("direct:replay-dead-messages", exchange -> exchange.getMessage().setBody(request));

            assertThat(refused.getException()).isInstanceOf(IllegalArgumentException.class)
                .hasMessage(field + ": is blank; it is recorded with each replayed message");
        }
        MockEndpoint.assertIsSatisfied(camel);
    }

    private static Map<String, Object> request(String replayedBy, String reason) {
        Map<String, Object> request = new HashMap<>();
        request.put("messageId", null);
        request.put("replayedBy", replayedBy);
        request.put("reason", reason);
        return request;
    }
}
