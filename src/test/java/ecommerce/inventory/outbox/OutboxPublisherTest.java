package ecommerce.inventory.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import com.azure.core.amqp.exception.AmqpErrorCondition;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.messaging.servicebus.ServiceBusErrorSource;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import ecommerce.inventory.tracing.MessageTracer;
import io.opentelemetry.api.OpenTelemetry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The batches in which events are sent, and the outcome of events that the broker refuses. Events are named by key and number. */
class OutboxPublisherTest {

    private final ServiceBusSenderClient sender = mock();
    /** The events in each batch. */
    private final Map<ServiceBusMessageBatch, List<String>> batches = new HashMap<>();
    /** The events of each attempted send. */
    private final List<List<String>> sends = new ArrayList<>();
    private int batchSize = 10;
    /** The events that the broker refuses, with its answers. */
    private final Map<String, RuntimeException> faults = new HashMap<>();

    @BeforeEach
    void broker() {
        when(sender.createMessageBatch()).then(call -> batch());
        doAnswer(call -> send(batches.get(call.<ServiceBusMessageBatch>getArgument(0)))).when(sender).sendMessages(any(ServiceBusMessageBatch.class));
        doAnswer(call -> send(List.of(call.<ServiceBusMessage>getArgument(0).getSubject()))).when(sender).sendMessage(any());
    }

    @Test
    void eventsThatDoNotFitIntoOneBatchLeaveInTheirOrderInSeveral() {
        batchSize = 2;

        assertThat(publish("a1", "a2", "b1", "a3", "b2")).isEqualTo("published [a1, a2, b1, a3, b2], failed []");

        assertThat(sends).containsExactly(List.of("a1", "a2"), List.of("b1", "a3"), List.of("b2"));
    }

    @Test
    void anEventThatNoBatchTakesHoldsBackItsKeyOnly() {
        faults.put("a2", failure(AmqpErrorCondition.LINK_PAYLOAD_SIZE_EXCEEDED));

        assertThat(publish("a1", "a2", "a3", "b1")).isEqualTo("published [a1, b1], failed [a2]");

        assertThat(sends).containsExactly(List.of("a1"), List.of("b1"));
    }

    @Test
    void ofABatchThatIsRefusedEachEventIsSentAloneAndTheOneAtFaultHoldsBackItsKeyOnly() {
        faults.put("a2", failure(AmqpErrorCondition.NOT_ALLOWED));

        assertThat(publish("a1", "b1", "a2", "a3", "b2")).isEqualTo("published [a1, b1, b2], failed [a2]");

        assertThat(sends).containsExactly(List.of("a1", "b1", "a2", "a3", "b2"), List.of("a1"), List.of("b1"), List.of("a2"), List.of("b2"));
    }

    /** Some of these are not transient for the SDK, but mean that the broker accepts no event at present. */
    @ParameterizedTest
    @CsvSource({"UNAUTHORIZED_ACCESS, UNAUTHORIZED", "NOT_FOUND, MESSAGING_ENTITY_NOT_FOUND", "ENTITY_DISABLED_ERROR, MESSAGING_ENTITY_DISABLED",
        "RESOURCE_LIMIT_EXCEEDED, QUOTA_EXCEEDED", "SERVER_BUSY_ERROR, SERVICE_BUSY", "TIMEOUT_ERROR, SERVICE_TIMEOUT"})
    void anOutageIsNoFaultOfTheEvents(AmqpErrorCondition condition, String reason) {
        batchSize = 2;
        ServiceBusException outage = failure(condition);
        assertThat(List.of(outage.getReason().toString(), outage.isTransient())).containsExactly(reason, false);
        faults.put("b1", outage);

        assertThat(publish("a1", "a2", "b1", "b2", "a3")).isEqualTo("published [a1, a2], failed [], outage");

        assertThat(sends).as("nothing more is tried").containsExactly(List.of("a1", "a2"), List.of("b1", "b2"));
    }

    private ServiceBusMessageBatch batch() {
        ServiceBusMessageBatch batch = mock();
        List<String> content = new ArrayList<>();
        batches.put(batch, content);
        when(batch.tryAddMessage(any())).then(add -> {
            String event = add.<ServiceBusMessage>getArgument(0).getSubject();
            boolean tooLarge = faults.containsKey(event)
                && ((AmqpException) faults.get(event).getCause()).getErrorCondition() == AmqpErrorCondition.LINK_PAYLOAD_SIZE_EXCEEDED;
            return !tooLarge && content.size() < batchSize && content.add(event);
        });
        return batch;
    }

    private Object send(List<String> events) {
        sends.add(List.copyOf(events));
        events.stream().filter(faults::containsKey).findFirst().ifPresent(event -> {
            throw faults.get(event);
        });
        return null;
    }

    /** The outcome of the events. */
    private String publish(String... events) {
        Map<String, Object> result = new OutboxPublisher("inventory", "", new MessageTracer(OpenTelemetry.noop()), () -> sender,
            new RelayHealthCheck(Duration.ofMinutes(1)))
            .publish(Stream.of(events).map(OutboxPublisherTest::row).toList());
        assertThat((String[]) result.get("errors")).as("one per failed event").hasSameSizeAs((UUID[]) result.get("failed")).doesNotContainNull();
        return "published " + names(result.get("published"), events) + ", failed " + names(result.get("failed"), events)
            + (result.get("outage") == null ? "" : ", outage");
    }

    private static List<String> names(Object ids, String... events) {
        return Stream.of((UUID[]) ids).map(id -> Stream.of(events).filter(event -> id(event).equals(id)).findFirst().orElseThrow()).toList();
    }

    private static Map<String, Object> row(String event) {
        return Map.of("message_id", id(event), "message_type", event, "message_body", "{}", "partition_key", event.substring(0, 1),
            "created_at", new Timestamp(0));
    }

    private static UUID id(String event) {
        return UUID.nameUUIDFromBytes(event.getBytes(StandardCharsets.UTF_8));
    }

    /** The exception that the SDK makes of an answer of the broker. */
    private static ServiceBusException failure(AmqpErrorCondition condition) {
        return new ServiceBusException(new AmqpException(false, condition, "refused", null), ServiceBusErrorSource.SEND);
    }
}
