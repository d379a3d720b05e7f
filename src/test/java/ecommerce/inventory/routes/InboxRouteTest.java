package ecommerce.inventory.routes;

import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.APPLICATION_PROPERTIES;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.CORRELATION_ID;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.ENQUEUED_TIME;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.MESSAGE_ID;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.SEQUENCE_NUMBER;
import static org.apache.camel.component.azure.servicebus.ServiceBusConstants.SUBJECT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import ecommerce.inventory.failure.InsufficientInventoryException;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.failure.InvalidMessageException.Reason;
import ecommerce.inventory.failure.LockedException;
import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.support.RouteTest;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** {@code inbox.camel.yaml}: what reaches the handler of a message, how often, and what follows. */
@RouteTest(routes = {"inbox/inbox", "inbox/handle-messages"}, mock = {"sql:*", "seda:outbox-relay*"}, watch = "direct:inbox-transaction")
@Import(InboxRouteTest.Surroundings.class)
@TestPropertySource(properties = {
    "inventory.inbox.max-retries=2",
    "inventory.inbox.retry-delay=PT0.001S",
    "inventory.inbox.retry-delay-max=PT0.001S"})
class InboxRouteTest {

    private static final OffsetDateTime ENQUEUED_TIME_SENT = OffsetDateTime.parse("2026-11-23T12:00:00Z");
    private static final String MESSAGE_ID_SENT = "3F2504E0-4F89-11D3-9A0C-0305E82C3301";
    private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN_ID = "b7ad6b7169203331";
    private static final DataAccessResourceFailureException CONNECTION_LOST =
        new DataAccessResourceFailureException("connection lost", new SQLException("connection lost", "08006"));
    /** An order as a .NET sender writes it. */
    private static final String ORDER = "{\"OrderId\":\"order-1\",\"Items\":[{\"ProductId\":\"prod-456\",\"Quantity\":2}]}";

    private static final String KEPT = "{\"orderId\":\"order-1\",\"items\":[{\"productId\":\"prod-456\",\"quantity\":2}]}";
    private static final String KEPT_HASH = "9db960f46acd15651ce3f0d69de7b7adc9d42e8ba915fd6171675715e1d86d84";

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @MockitoBean
    private InboxRepository inbox;
    @MockitoBean
    private Outages outages;
    @EndpointInject("mock:direct:inbox-transaction")
    private MockEndpoint transaction;
    @EndpointInject("mock:handler")
    private MockEndpoint handler;
    @EndpointInject("mock:sql:classpath:routes/inbox/park-message.sql")
    private MockEndpoint park;
    @EndpointInject("mock:seda:outbox-relay")
    private MockEndpoint relay;

    static class Surroundings extends RouteBuilder {

        @Override
        public void configure() {
            from("direct:OrderCreated").routeId("handler").routeConfigurationId("publish-insufficient").to("mock:handler");
            from("direct:OrderCancelled").routeId("another-handler").to("mock:handler");
            from("direct:a-source").routeId("a-source").to("direct:inbox");
            from("direct:another-source").routeId("another-source").to("direct:inbox");
        }
    }

    @BeforeEach
    void eachMessageIsNew() {
        when(inbox.add(any(), any())).thenReturn(true);
    }

    @Test
    void aValidMessageReachesTheHandlerOfItsTypeAsParametersOfSql() throws Exception {
        handler.expectedMessageCount(1);

        try (Scope current = Span.wrap(SpanContext.create(TRACE_ID, SPAN_ID, TraceFlags.getDefault(),
                TraceState.builder().put("shop", "1").build())).makeCurrent()) {
            receive(ORDER);
        }

        MockEndpoint.assertIsSatisfied(camel);
        Message message = handler.getExchanges().get(0).getMessage();
        assertThat(message.getBody(List.class)).as("a list, even of one").isEqualTo(List.of(Map.of(
            "messageId", UUID.fromString(MESSAGE_ID_SENT),
            "sourceMessageId", MESSAGE_ID_SENT,
            "messageType", "OrderCreated",
            "messageBody", KEPT,
            "contentHash", KEPT_HASH,
            "partitionKey", "order/order-1",
            "correlationId", "checkout-7",
            "traceparent", "00-" + TRACE_ID + "-" + SPAN_ID + "-00",
            "tracestate", "shop=1",
            "enqueuedAt", ENQUEUED_TIME_SENT)));
        assertThat(message.getHeaders()).as("no headers, which could replace a parameter or the statement itself").isEmpty();
    }

    @Test
    void whatNoHandlerNeedsIsDroppedAndNeitherRefusedNorPartOfTheIdentity() throws Exception {
        handler.expectedMessageCount(2);

        receive(ORDER);
        receive("{\"items\":[{\"lineTotal\":\"much\",\"quantity\":2,\"productId\":\"prod-456\",\"engraving\":\"For Ann\"}],"
            + "\"CustomerId\":17,\"shippingAddress\":\"12 Main St\",\"gift\":{\"to\":\"Ann\"},\"OrderId\":\"order-1\"}");

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(handled(1)).containsEntry("messageBody", KEPT).containsEntry("contentHash", handled(0).get("contentHash"));
    }

    @Test
    void idsThatAreIntegersAndQuantitiesWithAPointAreTheSameContent() throws Exception {
        handler.expectedMessageCount(2);

        receive("{\"orderId\":\"4711\",\"items\":[{\"productId\":\"12\",\"quantity\":2}]}");
        receive("{\"OrderId\":4711,\"Items\":[{\"ProductId\":12,\"Quantity\":2.0}]}");

        MockEndpoint.assertIsSatisfied(camel);
        Map<String, Object> strings = handled(0);
        assertThat(strings.get("partitionKey")).isEqualTo("order/4711");
        assertThat(handled(1)).isEqualTo(strings);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000",
        "{00000000-0000-0000-0000-000000000000}", "(00000000-0000-0000-0000-000000000000)", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{FFFFFFFF-ffff-FFFF-FFFF-FFFFFFFFFFFF}", " FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"})
    void anIdThatIdentifiesNothingIsNone(String id) throws Exception {
        handler.expectedMessageCount(5);

        receive(ORDER, Map.of(MESSAGE_ID, id, SEQUENCE_NUMBER, 1L));
        receive(ORDER, Map.of(MESSAGE_ID, id, SEQUENCE_NUMBER, 1L));
        receive(ORDER, Map.of(MESSAGE_ID, id, SEQUENCE_NUMBER, 2L));
        receive(ORDER, Map.of(MESSAGE_ID, id, SEQUENCE_NUMBER, 1L, ENQUEUED_TIME, ENQUEUED_TIME_SENT.plusDays(1)));
        receive(ORDER, Map.of(MESSAGE_ID, "00000000-0000-0000-0000-000000000001", SEQUENCE_NUMBER, 1L));

        MockEndpoint.assertIsSatisfied(camel);
        List<Object> ids = messageIds();
        assertThat(ids.get(1)).as("delivered again").isEqualTo(ids.get(0));
        assertThat(List.copyOf(ids).subList(1, 5)).as("another sequence number or enqueued time").doesNotHaveDuplicates();
        assertThat(ids.get(4)).hasToString("00000000-0000-0000-0000-000000000001");
    }

    @Test
    void messagesOfTwoTypesThatAreCalledTheSameAreTwo() throws Exception {
        handler.expectedMessageCount(3);

        receive(ORDER, Map.of(MESSAGE_ID, "order-1"));
        receive(ORDER, Map.of(MESSAGE_ID, "order-1"));
        receive(ORDER, Map.of(MESSAGE_ID, "order-1", SUBJECT, "OrderCancelled"));

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(messageIds().get(1)).as("delivered again").isEqualTo(messageIds().get(0));
        assertThat(messageIds().get(2)).isNotEqualTo(messageIds().get(0));
    }

    @Test
    void messagesWithoutAnIdAtTheSamePlaceOfTwoSourcesAreTwo() throws Exception {
        handler.expectedMessageCount(3);

        for (String source : List.of("a-source", "a-source", "another-source")) {
            receive("direct:" + source, ORDER, "OrderCreated", Map.of(MESSAGE_ID, "", SEQUENCE_NUMBER, 1L));
        }

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(messageIds().get(1)).as("delivered again").isEqualTo(messageIds().get(0));
        assertThat(messageIds().get(2)).isNotEqualTo(messageIds().get(0));
    }

    @Test
    void aMessageWhoseIdCameToBeAnothersIsNotDoneWhenItCannotBeParked() throws Exception {
        handlerFails(3, new CannotAcquireLockException("deadlock detected"));
        park.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(null));

        assertThat(receive(ORDER).getException()).hasMessageContaining("could not be parked");
    }

    @Test
    void aDuplicateDoesNotReachTheHandlerAndIsNoFailure() throws Exception {
        when(inbox.add(any(), any())).thenReturn(false);
        handler.expectedMessageCount(0);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void anInvalidMessageFailsBeforeTheTransactionAndSaysWhy() throws Exception {
        transaction.expectedMessageCount(0);

        Exchange exchange = receive(ORDER.replace("2}", "0}"));

        InvalidMessageException failure = exchange.getException(InvalidMessageException.class);
        assertThat(failure.reason()).isEqualTo(Reason.SchemaViolation);
        assertThat(failure).hasMessage("items[0].quantity: must have a minimum value of 1, but is 0");
        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aTypeThatItsSourceDoesNotAcceptFailsBeforeTheTransaction() throws Exception {
        transaction.expectedMessageCount(0);

        InvalidMessageException failure = receive(ORDER, "OrderCancelled,PaymentFailed").getException(InvalidMessageException.class);

        assertThat(failure.reason()).isEqualTo(Reason.UnknownMessageType);
        assertThat(failure).hasMessage("Subject: the message type 'OrderCreated' is not accepted from inbox, which accepts "
            + "OrderCancelled, PaymentFailed");
        MockEndpoint.assertIsSatisfied(camel);
    }

    @ParameterizedTest
    @NullAndEmptySource
    void aSourceThatListsNoTypeAcceptsNothingAndSaysWhatIsMissing(String acceptedTypes) throws Exception {
        transaction.expectedMessageCount(0);

        InvalidMessageException failure = receive(ORDER, acceptedTypes).getException(InvalidMessageException.class);

        assertThat(failure).hasMessage("Subject: the message type 'OrderCreated' is not accepted from inbox, which accepts none: "
            + "its route has to set variable acceptedTypes, parameter types of template inbox-subscription");
        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void theInboxRowAndTheHandlerShareOneTransaction() throws Exception {
        TransactionSynchronization ofTheRow = new TransactionSynchronization() { };
        when(inbox.add(any(), any())).then(row -> {
            TransactionSynchronizationManager.registerSynchronization(ofTheRow);
            return true;
        });
        List<TransactionSynchronization> ofTheHandler = new ArrayList<>();
        handler.whenAnyExchangeReceived(exchange -> ofTheHandler.addAll(TransactionSynchronizationManager.getSynchronizations()));

        receive(ORDER);

        assertThat(ofTheHandler).contains(ofTheRow);
    }

    @Test
    void theRelayIsWokenWhenTheMessageIsDone() throws Exception {
        relay.expectedMessageCount(1);

        receive(ORDER);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void theRelayIsWokenAfterAShortageToo() throws Exception {
        handlerFails(1, new InsufficientInventoryException("[]"));
        relay.expectedMessageCount(1);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void theRelayIsNotWokenAfterAFailure() throws Exception {
        relay.expectedMessageCount(0);

        assertThat(receive("{}").getException()).isNotNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aTransactionThatFailsIsTriedAgainWithTheSameMessage() throws Exception {
        handlerFails(1, new CannotAcquireLockException("deadlock detected"));
        transaction.expectedMessageCount(2);
        handler.expectedMessageCount(2);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(handled(1)).containsEntry("messageType", "OrderCreated");
    }

    @Test
    void aTransactionThatKeepsFailingIsParkedAfterTheLastRetryAndTheMessageIsDone() throws Exception {
        handlerFails(3, new CannotAcquireLockException("deadlock detected"));
        handler.expectedMessageCount(3);
        park.expectedMessageCount(1);
        relay.expectedMessageCount(0);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(park.getExchanges().get(0).getMessage().getBody(Map.class))
            .containsEntry("messageId", UUID.fromString(MESSAGE_ID_SENT))
            .containsEntry("ownMessageId", UUID.nameUUIDFromBytes((MESSAGE_ID_SENT.toLowerCase() + "/OrderCreated/" + KEPT_HASH).getBytes(StandardCharsets.UTF_8)))
            .containsEntry("error", "deadlock detected")
            .containsEntry("maxAttempts", 10)
            .containsEntry("parkedDelay", 10.0);
    }

    @Test
    void aMessageThatHasWaitedForALockLongEnoughIsParkedWithoutAnotherTry() throws Exception {
        handlerFails(1, new LockedException("product a"));
        handler.expectedMessageCount(1);
        park.expectedMessageCount(1);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(park.getExchanges().get(0).getMessage().getBody(Map.class))
            .containsEntry("error", "Another transaction keeps locked: product a").containsEntry("maxAttempts", Integer.MAX_VALUE);
    }

    @Test
    void anInvalidMessageIsNotParked() throws Exception {
        park.expectedMessageCount(0);

        assertThat(receive("{}").getException(InvalidMessageException.class)).isNotNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aMessageThatIsFoundToBeInvalidWhenItIsTriedAgainIsNotParkedEither() throws Exception {
        InvalidMessageException invalid = new InvalidMessageException(Reason.CommandRejected, "productId: unknown is not known");
        handler.whenExchangeReceived(1, exchange -> {
            throw new CannotAcquireLockException("deadlock detected");
        });
        handler.whenExchangeReceived(2, exchange -> {
            throw invalid;
        });
        park.expectedMessageCount(0);

        assertThat(receive(ORDER).getException(InvalidMessageException.class)).isSameAs(invalid);

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aMessageThatCannotBeParkedFails() throws Exception {
        handlerFails(3, new CannotAcquireLockException("deadlock detected"));
        park.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("connection lost");
        });

        assertThat(receive(ORDER).getException()).hasMessageContaining("connection lost");
    }

    @Test
    void aMessageIsHeldWhileTheDatabaseIsAway() throws Exception {
        // More often than other failures are retried.
        handlerFails(10, CONNECTION_LOST);
        when(outages.isOutage(any())).thenReturn(true);
        handler.expectedMessageCount(11);
        park.expectedMessageCount(0);
        relay.expectedMessageCount(1);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    @Test
    void aMessageThatLosesItsConnectionWhileTheDatabaseAnswersIsParkedAfterTheLastRetry() throws Exception {
        handlerFails(10, CONNECTION_LOST);
        handler.expectedMessageCount(3);
        park.expectedMessageCount(1);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
        assertThat(park.getExchanges().get(0).getMessage().getBody(Map.class)).containsEntry("error", "connection lost");
    }

    @Test
    void triesDuringAnOutageAreNotCounted() throws Exception {
        handlerFails(7, CONNECTION_LOST);
        when(outages.isOutage(any())).thenReturn(true, true, true, true, true, false);
        handler.expectedMessageCount(8);
        park.expectedMessageCount(0);

        assertThat(receive(ORDER).getException()).isNull();

        MockEndpoint.assertIsSatisfied(camel);
    }

    /** The only message of a list that the handler got. */
    @SuppressWarnings("unchecked")
    private Map<String, Object> handled(int number) {
        List<Map<String, Object>> messages = handler.getExchanges().get(number).getMessage().getBody(List.class);
        assertThat(messages).hasSize(1);
        return messages.get(0);
    }

    /** The ids of the messages that reached the handler. */
    private List<Object> messageIds() {
        return IntStream.range(0, handler.getReceivedCounter()).mapToObj(i -> handled(i).get("messageId"))
            .map(Object.class::cast).toList();
    }

    /** The handler fails a number of times. It also changes the body, as a real handler does. */
    private void handlerFails(int times, RuntimeException failure) {
        for (int i = 1; i <= times; i++) {
            handler.whenExchangeReceived(i, exchange -> {
                exchange.getMessage().setBody("left by the handler");
                throw failure;
            });
        }
    }

    private Exchange receive(String body) {
        return receive(body, "OrderCancelled, OrderCreated", Map.of());
    }

    private Exchange receive(String body, String acceptedTypes) {
        return receive(body, acceptedTypes, Map.of());
    }

    private Exchange receive(String body, Map<String, Object> headers) {
        return receive(body, "OrderCancelled, OrderCreated", headers);
    }

    private Exchange receive(String body, String acceptedTypes, Map<String, Object> headers) {
        return receive("direct:inbox", body, acceptedTypes, headers);
    }

    private Exchange receive(String source, String body, String acceptedTypes, Map<String, Object> headers) {
        return sender.send(source, exchange -> {
            exchange.setVariable("acceptedTypes", acceptedTypes);
            exchange.getMessage().setBody(body.getBytes(StandardCharsets.UTF_8));
            exchange.getMessage().setHeaders(new HashMap<>(Map.of(
                SUBJECT, "OrderCreated",
                MESSAGE_ID, MESSAGE_ID_SENT,
                CORRELATION_ID, "checkout-7",
                ENQUEUED_TIME, ENQUEUED_TIME_SENT,
                APPLICATION_PROPERTIES, Map.of("CamelSqlQuery", "DELETE FROM inbox"),
                "orderId", "another-order",
                "CamelSqlQuery", "DELETE FROM inventory")));
            exchange.getMessage().getHeaders().putAll(headers);
        });
    }
}
