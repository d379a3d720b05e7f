package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.failure.RejectedCommandException;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.SqlConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

/** {@code inbox-retry.camel.yaml}: how parked messages are retried, delayed, and finally dead. */
@RouteTest(routes = {"inbox/inbox-retry", "inbox/handle-messages"}, mock = "sql:*")
@Import(InboxRetryRouteTest.Surroundings.class)
@TestPropertySource(properties = "inventory.inbox.max-attempts=4")
class InboxRetryRouteTest {

    private static final UUID ID = UUID.randomUUID();
    private static final DataAccessResourceFailureException CONNECTION_LOST =
        new DataAccessResourceFailureException("connection lost", new SQLException("connection lost", "08006"));

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @MockitoBean
    private Outages outages;
    @EndpointInject("mock:sql:classpath:routes/inbox/take-parked-message.sql")
    private MockEndpoint take;
    @EndpointInject("mock:sql:classpath:routes/inbox/park-message-again.sql")
    private MockEndpoint parkAgain;
    @EndpointInject("mock:handler")
    private MockEndpoint handler;

    static class Surroundings extends RouteBuilder {

        @Override
        public void configure() {
            from("direct:source").routeId("source").setVariable("acceptedTypes").constant("OrderCancelled, OrderCreated").to("mock:inbox");
            from("direct:OrderCreated").routeId("handler").to("mock:handler");
        }
    }

    @BeforeEach
    void aMessageIsParkedAgain() {
        parkAgain.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody("parked"));
    }

    @Test
    void anEmptyQueueCostsOneQuery() throws Exception {
        parked(0);
        take.expectedMessageCount(1);
        handler.expectedMessageCount(0);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatIsDueReachesTheHandlersOneAfterTheOther() throws Exception {
        parked(2);
        take.expectedMessageCount(3);
        handler.expectedBodiesReceived(List.of(message(0)), List.of(message(1)));
        parkAgain.expectedMessageCount(0);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatFailsOnceMoreIsParkedAgainAndTheNextOneIsTaken() throws Exception {
        parked(2);
        handlerFails(new CannotAcquireLockException("deadlock detected"));
        handler.expectedMessageCount(2);
        parkAgain.expectedMessageCount(1);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(parkAgain.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("messageId", ID)
            .containsEntry("retryCount", 0).containsEntry("error", "deadlock detected").containsEntry("hopeless", false)
            .containsEntry("maxAttempts", 4).containsEntry("parkedDelayMax", 900.0);
    }

    @Test
    void whatNoFurtherAttemptCanHelpIsHopeless() throws Exception {
        parked(1);
        handlerFails(new RejectedCommandException("productId: x is not known"));
        parkAgain.expectedMessageCount(1);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(parkAgain.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("hopeless", true);
    }

    @Test
    void whatNoSourceAcceptsIsHopelessAndReachesNoRoute() throws Exception {
        Map<String, Object> message = new HashMap<>(message(0));
        message.put("messageType", "clock");
        parked(0);
        take.whenExchangeReceived(1, exchange -> answer(exchange, List.of(message)));
        parkAgain.expectedMessageCount(1);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(parkAgain.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("hopeless", true).containsEntry("error",
            "message_type: 'clock' is not accepted from any source of this worker; they accept OrderCancelled, OrderCreated");
    }

    @Test
    void aDatabaseThatIsAwayBurnsNoAttemptAndEndsTheRounds() throws Exception {
        parked(2);
        handlerFails(CONNECTION_LOST);
        when(outages.isOutage(any())).thenReturn(true);
        take.expectedMessageCount(1);
        parkAgain.expectedMessageCount(0);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aMessageThatLosesItsConnectionWhileTheDatabaseAnswersHasFailedAndTheNextOneIsTaken() throws Exception {
        parked(2);
        handlerFails(CONNECTION_LOST);
        take.expectedMessageCount(3);
        handler.expectedMessageCount(2);
        parkAgain.expectedMessageCount(1);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(parkAgain.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("error", "connection lost")
            .containsEntry("hopeless", false);
    }

    @Test
    void noMessageDiesOfALockThatSomebodyElseKeeps() throws Exception {
        parked(1);
        handlerFails(new UncategorizedSQLException("reserve", null, new SQLException("canceling statement due to lock timeout", "55P03")));
        parkAgain.expectedMessageCount(1);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(parkAgain.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("maxAttempts", Integer.MAX_VALUE)
            .containsEntry("hopeless", false);
    }

    @Test
    void aClaimThatFailsEndsTheRoundsAndIsNoFaultOfTheMessageBefore() throws Exception {
        parked(1);
        take.whenExchangeReceived(2, exchange -> {
            throw new CannotAcquireLockException("lock timeout");
        });
        take.expectedMessageCount(2);
        parkAgain.expectedMessageCount(0);

        clock();

        MockEndpoint.assertIsSatisfied(camel);
    }

    /** A number of messages are due, then none. */
    private void parked(int messages) {
        take.whenAnyExchangeReceived(exchange -> answer(exchange, List.of()));
        for (int i = 0; i < messages; i++) {
            List<Map<String, Object>> message = List.of(message(i));
            take.whenExchangeReceived(i + 1, exchange -> answer(exchange, message));
        }
    }

    private static void answer(Exchange exchange, List<Map<String, Object>> rows) {
        exchange.getMessage().setBody(rows);
        exchange.getMessage().setHeader(SqlConstants.SQL_ROW_COUNT, rows.size());
    }

    private static Map<String, Object> message(int number) {
        return Map.of("messageId", ID, "messageType", "OrderCreated", "messageBody", "{}", "retryCount", number);
    }

    private void handlerFails(RuntimeException failure) {
        handler.whenExchangeReceived(1, exchange -> {
            exchange.getMessage().setBody("left by the handler");
            throw failure;
        });
    }

    private void clock() {
        assertThat(sender.send("direct:inbox-retry", exchange -> { }).getException()).isNull();
    }
}
