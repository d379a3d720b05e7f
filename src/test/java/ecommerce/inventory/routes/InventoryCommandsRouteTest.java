package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.failure.InvalidMessageException.Reason;
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

/** {@code sources}, {@code restock-inventory} and {@code adjust-inventory.camel.yaml}: the path of a command. */
@RouteTest(routes = {"receive/inbox-subscription", "receive/sources", "handlers/restock-inventory", "handlers/adjust-inventory"}, mock = {"sql:*", "direct:inbox"})
class InventoryCommandsRouteTest {

    /** A message from the inbox; the SQL is a mock, so that the parameters do not matter. */
    private static final Map<String, Object> MESSAGE = Map.of("messageBody", "{\"productId\":\"prod-456\"}");

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:direct:inbox")
    private MockEndpoint inbox;

    @Test
    void aCommandGoesToTheInbox() throws Exception {
        inbox.expectedBodiesReceived("a command");

        sender.sendBody("direct:inventory-commands-queue", "a command");

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Restock", "Adjust"})
    void aCommandIsDoneByItsSql(String command) throws Exception {
        // The only column, the reason for a rejection, is null.
        MockEndpoint sql = sql(command, null);
        sql.expectedBodiesReceived(MESSAGE);

        assertThat(handle(command).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Restock", "Adjust"})
    void commandsThatComeTogetherAreDoneInTheirOrder(String command) throws Exception {
        Map<String, Object> other = Map.of("messageBody", "{\"productId\":\"prod-457\"}");
        MockEndpoint sql = sql(command, null);
        sql.expectedBodiesReceived(MESSAGE, other);

        sender.sendBody("direct:" + command + "Inventory", List.of(MESSAGE, other));

        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Restock", "Adjust"})
    void aCommandThatIsRejectedFailsWithTheReasonThatTheSqlGives(String command) throws Exception {
        sql(command, "quantity: is too much");

        InvalidMessageException failure = Failures.invalidMessage(handle(command).getException()).orElseThrow();

        assertThat(failure).hasMessage("quantity: is too much");
        assertThat(failure.reason()).isEqualTo(Reason.CommandRejected);
    }

    private MockEndpoint sql(String command, String rejection) {
        MockEndpoint sql = camel.getEndpoint("mock:sql:classpath:routes/handlers/" + command.toLowerCase() + "-inventory.sql", MockEndpoint.class);
        sql.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(rejection));
        return sql;
    }

    private Exchange handle(String command) {
        return sender.send("direct:" + command + "Inventory", exchange -> exchange.getMessage().setBody(List.of(MESSAGE)));
    }
}
