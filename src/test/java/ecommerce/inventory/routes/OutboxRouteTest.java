package ecommerce.inventory.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import ecommerce.inventory.outbox.OutboxPublisher;
import ecommerce.inventory.outbox.RelayHealthCheck;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.SqlConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.InOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

/** {@code outbox.camel.yaml}: how the relay claims, publishes and marks events. */
@RouteTest(routes = "outbox/outbox", mock = {"sql:*", "seda:outbox-relay*"}, from = {"quartz:*", "seda:*"})
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {
    "inventory.outbox.batch-size=3",
    "inventory.outbox.retry-delay-max=PT7M",
    "inventory.outbox.outage-pause=PT0.001S"})
class OutboxRouteTest {

    private static final UUID FIRST = UUID.randomUUID();
    private static final UUID SECOND = UUID.randomUUID();
    private static final UUID THIRD = UUID.randomUUID();
    private static final UUID FOURTH = UUID.randomUUID();

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @EndpointInject("mock:seda:outbox-relay")
    private MockEndpoint relay;
    @EndpointInject("mock:sql:classpath:routes/outbox/claim-outbox.sql")
    private MockEndpoint claim;
    @MockitoBean
    private OutboxPublisher publisher;
    @MockitoSpyBean
    private RelayHealthCheck health;
    @EndpointInject("mock:sql:classpath:routes/outbox/mark-outbox-published.sql")
    private MockEndpoint markPublished;
    @EndpointInject("mock:sql:classpath:routes/outbox/mark-outbox-failed.sql")
    private MockEndpoint markFailed;

    @Test
    void thePollWakesTheRelay() throws Exception {
        relay.expectedMessageCount(1);

        sender.sendBody("direct:outbox-poll", null);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anEmptyOutboxCostsOneQuery() throws Exception {
        claimAnswers(List.of());
        claim.expectedMessageCount(1);
        claim.expectedVariableReceived("batchSize", 3);
        markPublished.expectedMessageCount(0);
        markFailed.expectedMessageCount(0);

        assertThat(wakeRelay().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        verifyNoInteractions(publisher);
    }

    @Test
    void afterAFullBatchTheRelayLooksForMore() throws Exception {
        List<Map<String, Object>> full = List.of(event(FIRST), event(SECOND), event(THIRD));
        claimAnswers(full, full, List.of());
        publishAnswers(result(List.of(FIRST, SECOND, THIRD), List.of(), null));
        claim.expectedMessageCount(3);

        assertThat(wakeRelay().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        verify(publisher, times(2)).publish(full);
        verify(health, times(3)).process(any());
    }

    @Test
    void aRoundThatFindsNoDatabaseOrBrokerIsARoundTooForTheHealthOfTheWorker() {
        claim.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("connection refused", new SQLException("connection refused", "08001"));
        });

        wakeRelay();

        verify(health).process(any());
    }

    @Test
    void aBatchThatIsNotFullIsTheLast() throws Exception {
        claimAnswers(List.of(event(FIRST), event(SECOND), event(THIRD)), List.of(event(FOURTH)));
        publishAnswers(result(List.of(FIRST), List.of(), null));
        claim.expectedMessageCount(2);

        assertThat(wakeRelay().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        InOrder batches = inOrder(publisher);
        batches.verify(publisher).publish(List.of(event(FIRST), event(SECOND), event(THIRD)));
        batches.verify(publisher).publish(List.of(event(FOURTH)));
    }

    @Test
    void theRelayIsWokenWithoutWhatTheMessageCarried() throws Exception {
        claimAnswers(List.of());
        claim.expectedMessageCount(1);
        claim.message(0).body().isNull();

        sender.sendBodyAndHeader("direct:outbox-relay", List.of("a row"), "a-header", "x");

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(claim.getExchanges().get(0).getMessage().getHeaders()).doesNotContainKey("a-header");
    }

    @Test
    void whatTheBrokerHasAcknowledgedIsMarkedPublished() throws Exception {
        Map<String, Object> result = result(List.of(FIRST, SECOND), List.of(), null);
        claimAnswers(List.of(event(FIRST), event(SECOND)));
        publishAnswers(result);
        // Its key "published" is the parameter of the SQL.
        markPublished.expectedBodiesReceived(result);
        markFailed.expectedMessageCount(0);

        wakeRelay();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void whatTheBrokerHasRefusedIsMarkedFailed() throws Exception {
        Map<String, Object> result = result(List.of(FIRST), List.of(SECOND), null);
        claimAnswers(List.of(event(FIRST), event(SECOND)));
        publishAnswers(result);
        markPublished.expectedBodiesReceived(result);
        markFailed.expectedBodiesReceived(result);
        markFailed.expectedVariableReceived("retryDelayMax", "420.0");

        wakeRelay();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anOutageEndsTheRoundsAfterWhatWasAcknowledgedIsMarked(CapturedOutput output) throws Exception {
        Map<String, Object> result = result(List.of(FIRST), List.of(), "the broker is busy");
        claimAnswers(List.of(event(FIRST), event(SECOND)));
        publishAnswers(result);
        claim.expectedMessageCount(1);
        markPublished.expectedBodiesReceived(result);
        markFailed.expectedMessageCount(0);

        assertThat(wakeRelay().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(output).contains("The relay pauses for PT", "the broker is busy");
    }

    @Test
    void aDatabaseThatIsAwayEndsTheRounds(CapturedOutput output) throws Exception {
        claim.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("connection refused", new SQLException("connection refused", "08001"));
        });
        claim.expectedMessageCount(1);

        assertThat(wakeRelay().getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(output).contains("The relay pauses for PT", "connection refused");
        verifyNoInteractions(publisher);
    }

    /** One answer per round; an additional round fails the test. */
    @SafeVarargs
    private void claimAnswers(List<Map<String, Object>>... rounds) {
        Deque<List<Map<String, Object>>> answers = new ArrayDeque<>(List.of(rounds));
        claim.whenAnyExchangeReceived(exchange -> {
            exchange.getMessage().setHeader(SqlConstants.SQL_ROW_COUNT, answers.element().size());
            exchange.getMessage().setBody(answers.remove());
        });
    }

    private void publishAnswers(Map<String, Object> result) {
        when(publisher.publish(any())).thenReturn(result);
    }

    private Exchange wakeRelay() {
        return sender.send("direct:outbox-relay", exchange -> { });
    }

    private static Map<String, Object> event(UUID id) {
        return Map.of("message_id", id, "message_type", "InventoryReserved", "partition_key", "order-1");
    }

    /** A result of the publisher. */
    private static Map<String, Object> result(List<UUID> published, List<UUID> failed, String outage) {
        Map<String, Object> result = new HashMap<>();
        result.put("published", published.toArray(UUID[]::new));
        result.put("failed", failed.toArray(UUID[]::new));
        result.put("errors", failed.stream().map(id -> "too large").toArray(String[]::new));
        result.put("outage", outage);
        return result;
    }
}
