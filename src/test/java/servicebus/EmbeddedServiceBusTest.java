package servicebus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Random;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sending and receiving. */
class EmbeddedServiceBusTest extends ServiceBusTest {

    @BeforeEach
    void startBus() throws IOException {
        start(OPTIONS);
    }

    @Test
    void aSentMessageCanBeBrowsedWithAllItsProperties() {
        ServiceBusMessage message = message("m1").setSubject("stock").setCorrelationId("c1")
                .setContentType("application/json");
        message.getApplicationProperties().put("attempt", 7);

        queueSender("work").sendMessage(message);

        assertThat(bus.counts("work").active()).isEqualTo(1);
        BrowsedMessage browsed = bus.browse("WORK").get(0);
        assertThat(browsed.messageId()).isEqualTo("m1");
        assertThat(browsed.subject()).isEqualTo("stock");
        assertThat(browsed.correlationId()).isEqualTo("c1");
        assertThat(browsed.contentType()).isEqualTo("application/json");
        assertThat(browsed.applicationProperties()).isEqualTo(Map.of("attempt", 7));
        assertThat(browsed.bodyAsString()).isEqualTo("body of m1");
        assertThat(browsed.state()).isEqualTo(BrowsedMessage.State.ACTIVE);
        assertThat(browsed.deliveryCount()).isZero();
    }

    @Test
    void aCompletedMessageIsGone() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        assertThat(bus.counts("work").active()).isEqualTo(1);
        assertThat(bus.counts("work").locked()).isEqualTo(1);

        receiver.complete(received);

        assertThat(received.getMessageId()).isEqualTo("m1");
        assertThat(received.getBody().toString()).isEqualTo("body of m1");
        assertThat(received.getDeliveryCount()).isZero();
        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.counts("work").completed()).isEqualTo(1);
    }

    @Test
    void aBatchArrivesWholeAndInOrder() {
        ServiceBusSenderClient sender = queueSender("work");
        ServiceBusMessageBatch batch = sender.createMessageBatch();
        messages(100).forEach(message -> assertThat(batch.tryAddMessage(message)).isTrue());

        sender.sendMessages(batch);

        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId)
                .containsExactlyElementsOf(messages(100).stream().map(ServiceBusMessage::getMessageId).toList());
        assertThat(bus.browse("work").get(41).bodyAsString()).isEqualTo("body of m42");
        assertThat(receive(queueReceiver("work"), 100)).extracting(ServiceBusReceivedMessage::getSequenceNumber)
                .isSorted().doesNotHaveDuplicates();
    }

    @Test
    void receiveAndDeleteTakesTheMessageAtOnce() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = closeLater(client().receiver().queueName("work")
                .receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE).buildClient());

        assertThat(receiveOne(receiver).getMessageId()).isEqualTo("m1");

        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.counts("work").completed()).isEqualTo(1);
    }

    @Test
    void aMessageOfOneMebibytePassesWhenTheBusAllowsIt() throws IOException {
        start(OPTIONS.withMaxMessageSize(2 * 1024 * 1024));
        byte[] body = new byte[1024 * 1024];
        new Random(1).nextBytes(body);

        queueSender("work").sendMessage(new ServiceBusMessage(BinaryData.fromBytes(body)));

        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        assertThat(received.getBody().toBytes()).isEqualTo(body);
        receiver.complete(received);
        assertThat(bus.counts("work").active()).isZero();
    }

    @Test
    void aMessageWithoutAnIdIsGivenOne() {
        queueSender("work").sendMessage(new ServiceBusMessage("anonymous"));

        assertThat(bus.browse("work").get(0).messageId()).hasSize(32);
        assertThat(receiveOne(queueReceiver("work")).getMessageId()).isEqualTo(bus.browse("work").get(0).messageId());
    }
}
