package ecommerce.inventory.servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.core.util.BinaryData;
import com.azure.core.util.IterableStream;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which dead-lettered messages name an order or a customer, and the answer for those that cannot be deleted. */
class DeadLetterErasureTest {

    private final DeadLetterErasure erasure = new DeadLetterErasure("c-1");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {"customerId": "c-1"}                              | true
        {"CustomerId": "c-1", "items": []}                 | true
        {"a": [{"b": {"whatever": "c-1"}}]}                | true
        {"customerId": "c-\\u0031"}                        | true
        {"customerId": "c-1", "customerId": "x"}           | true
        "c-1"                                              | true
        {"customerId": "c-11"}                             | false
        {"customerId": "C-1"}                              | false
        {"c-1": "x"}                                       | false
        {"note": "for c-1"}                                | false
        {"customerId": c-1}                                | true
        {"customerId": "c-1", "items":                     | true
        customer=c-1;                                      | true
        <customer>c-1</customer>                           | true
        customer=c-11                                      | false
        customer=abc-1                                     | false
        customer=c-1-x                                     | false
        ``                                                 | false
        """)
    void aMessageNamesAnIdByAStringOfItsJsonOrInTheTextThatIsNoJson(String body, boolean named) {
        assertThat(isNamed(erasure, body)).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {"customerId": 4711}                               | true
        {"OrderID": 4711}                                  | true
        {"a": [{"customerId": 4711}]}                      | true
        {"customerId": "4711"}                             | true
        {"customerId": 47110}                              | false
        {"customerId": 4711.0}                             | false
        {"quantity": 4711}                                 | false
        {"customerIds": [4711]}                            | false
        4711                                               | false
        """)
    void anIntegerNamesAnIdWhereThereIsOne(String body, boolean named) {
        assertThat(isNamed(new DeadLetterErasure("4711"), body)).isEqualTo(named);
    }

    private static boolean isNamed(DeadLetterErasure erasure, String body) {
        ServiceBusReceivedMessage message = message(1);
        AmqpMessageBody amqp = AmqpMessageBody.fromData(body.getBytes(StandardCharsets.UTF_8));
        when(message.getRawAmqpMessage().getBody()).thenReturn(amqp);
        when(message.getBody()).thenReturn(BinaryData.fromString(body));

        return erasure.isNamedBy(message);
    }

    @Test
    void whatCannotBeDeletedIsReported() {
        SettlingConsumer consumer = mock(RETURNS_DEEP_STUBS);
        when(consumer.getEndpoint().getConfiguration().getAmqpRetryOptions().getTryTimeout()).thenReturn(Duration.ofSeconds(1));
        ServiceBusReceiverClient receiver = mock();
        ServiceBusReceivedMessage first = message(1);
        ServiceBusReceivedMessage second = message(2);
        when(receiver.receiveMessages(anyInt(), any())).thenReturn(new IterableStream<>(List.of(first, second)), new IterableStream<>(List.of()));
        doThrow(new IllegalStateException("lock lost")).when(receiver).complete(second);

        Map<String, Object> outcome = erasure.run("orders-subscription", consumer, receiver, new TreeSet<>(Set.of(1L, 2L, 3L)));

        assertThat(outcome).isEqualTo(Map.of("erased", 1, "failed", List.of(
            Map.of("sequenceNumber", 2L, "error", "lock lost"),
            Map.of("sequenceNumber", 3L, "error", "It could not be received: it is locked by someone else, or no longer there"))));
    }

    @Test
    void aWorkerThatStopsReportsWhatItHasNotDeleted() {
        SettlingConsumer consumer = mock(RETURNS_DEEP_STUBS);
        when(consumer.getEndpoint().getCamelContext().isStopping()).thenReturn(true);

        Map<String, Object> outcome = erasure.run("orders-subscription", consumer, mock(), new TreeSet<>(Set.of(1L)));

        assertThat(outcome).isEqualTo(Map.of("erased", 0, "failed", List.of(Map.of("sequenceNumber", 1L, "error", "The worker stops"))));
    }

    private static ServiceBusReceivedMessage message(long sequenceNumber) {
        ServiceBusReceivedMessage message = mock(RETURNS_DEEP_STUBS);
        AmqpMessageBody body = AmqpMessageBody.fromData(new byte[0]);
        when(message.getRawAmqpMessage().getBody()).thenReturn(body);
        when(message.getSequenceNumber()).thenReturn(sequenceNumber);
        return message;
    }
}
