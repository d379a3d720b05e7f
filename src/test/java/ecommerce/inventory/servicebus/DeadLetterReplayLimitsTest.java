package ecommerce.inventory.servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

import com.azure.core.amqp.models.AmqpAnnotatedMessage;
import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.core.util.IterableStream;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A replay ends whatever Service Bus delivers, and keeps only a limited number of messages. */
class DeadLetterReplayLimitsTest {

    private final SettlingConsumer consumer = mock(RETURNS_DEEP_STUBS);
    private final ServiceBusReceiverClient receiver = mock();

    @BeforeEach
    void patience() {
        when(consumer.getEndpoint().getConfiguration().getAmqpRetryOptions().getTryTimeout()).thenReturn(Duration.ofSeconds(1));
    }

    @Test
    void aMessageThatComesAgainEndsTheSearch() {
        receives(List.of(message(1)), List.of(message(2)), List.of(message(1)));

        assertThat(replay(7).get("failed")).asString().contains("sequenceNumber=7", "could not be received");

        verify(receiver, times(3)).receiveMessages(anyInt(), any());
        verify(consumer, never()).process(any());
    }

    @Test
    void noMoreThanAThousandMessagesAreKept() {
        List<ServiceBusReceivedMessage> others = LongStream.range(0, 1_500).mapToObj(DeadLetterReplayLimitsTest::message).toList();
        receives(others, List.of());

        replay(2_000);

        verify(receiver, times(1_000)).abandon(any());
    }

    @Test
    void noMoreThanAbout32MiBAreKept() {
        byte[] megabyte = new byte[1 << 20];
        receives(LongStream.range(0, 100).mapToObj(number -> message(number, megabyte)).toList(), List.of());

        replay(2_000);

        verify(receiver, times(32)).abandon(any());
    }

    @Test
    void aBrokerThatIsAwayIsAskedOnceToTakeBackWhatIsHeld() {
        receives(List.of(message(1), message(2)), List.of());
        doThrow(new IllegalStateException("connection lost")).when(receiver).abandon(any());

        assertThat(replay(7)).containsEntry("replayed", 0);

        verify(receiver).abandon(any());
    }

    @Test
    void aWorkerThatStopsReceivesNoMoreAndGivesBack() {
        when(consumer.getEndpoint().getCamelContext().isStopping()).thenReturn(false, true);
        receives(List.of(message(1)));

        assertThat(replay(7)).isEqualTo(Map.of("replayed", 0, "failed", List.of()));

        verify(receiver).receiveMessages(anyInt(), any());
        verify(receiver).abandon(any());
    }

    @SafeVarargs
    private void receives(List<ServiceBusReceivedMessage>... batches) {
        var answer = when(receiver.receiveMessages(anyInt(), any()));
        for (List<ServiceBusReceivedMessage> batch : batches) {
            answer = answer.thenReturn(new IterableStream<>(batch));
        }
        answer.thenThrow(new AssertionError("received once more"));
    }

    private Map<String, Object> replay(long wanted) {
        return new DeadLetterReplay(consumer, receiver, mock(ProducerTemplate.class),
            Map.of("source", "orders-subscription", "sequenceNumber", wanted), new HashSet<>(Set.of(wanted))).run();
    }

    private static ServiceBusReceivedMessage message(long sequenceNumber) {
        return message(sequenceNumber, new byte[0]);
    }

    private static ServiceBusReceivedMessage message(long sequenceNumber, byte[] body) {
        ServiceBusReceivedMessage message = mock();
        when(message.getSequenceNumber()).thenReturn(sequenceNumber);
        when(message.getRawAmqpMessage()).thenReturn(new AmqpAnnotatedMessage(AmqpMessageBody.fromData(body)));
        return message;
    }
}
