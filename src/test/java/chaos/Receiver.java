package chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Receives all published events with the Azure SDK, as the shop does. */
final class Receiver implements AutoCloseable {

    private static final Duration TRY_TIMEOUT = Duration.ofSeconds(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** By the broker's sequence number, as a redelivery does not count as an event that was sent again. */
    private final Map<Long, Event> received = new ConcurrentHashMap<>();
    private final AtomicLong count = new AtomicLong();
    private final ServiceBusProcessorClient client;

    /**
     * @param sequenceNumber its place in the broker's order
     * @param causationId    MessageId of the message that caused it, or null
     */
    record Event(long sequenceNumber, String messageId, String type, String causationId, JsonNode body) {

        String orderId() {
            return body.path("orderId").asText();
        }

        String productId() {
            return body.path("productId").asText();
        }
    }

    Receiver(String connectionString) {
        client = new ServiceBusClientBuilder().connectionString(connectionString).retryOptions(new AmqpRetryOptions().setTryTimeout(TRY_TIMEOUT))
            .processor().topicName("inventory").subscriptionName("shop").maxConcurrentCalls(4)
            .processMessage(context -> add(context.getMessage())).processError(context -> { }).buildProcessorClient();
        client.start();
    }

    private void add(ServiceBusReceivedMessage message) {
        try {
            received.put(message.getSequenceNumber(), new Event(message.getSequenceNumber(), message.getMessageId(), message.getSubject(),
                (String) message.getApplicationProperties().get("CausationId"), JSON.readTree(message.getBody().toBytes())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        count.incrementAndGet();
    }

    /** The number of events received so far. */
    long count() {
        return count.get();
    }

    /** All events, including those that were sent again, in the broker's order. */
    List<Event> events() {
        return received.values().stream().sorted(Comparator.comparingLong(Event::sequenceNumber)).toList();
    }

    @Override
    public void close() {
        client.close();
    }
}
