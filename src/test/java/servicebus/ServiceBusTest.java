package servicebus;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.core.util.BinaryData;
import com.azure.core.util.IterableStream;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.SubQueue;
import org.junit.jupiter.api.AfterEach;

/** The base class of the bus tests: a bus of its own and clients of the real SDK, closed after each test. */
abstract class ServiceBusTest {

    /** Long enough for a cold SDK on a busy machine; only a failing test waits so long. */
    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final EmbeddedServiceBus.Options OPTIONS = EmbeddedServiceBus.Options.defaults();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    EmbeddedServiceBus bus;

    @AfterEach
    void closeAll() throws Exception {
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
    }

    static Path testConfig() {
        try {
            return Path.of(ServiceBusTest.class.getResource("/servicebus/test-config.json").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    EmbeddedServiceBus start(EmbeddedServiceBus.Options options) throws IOException {
        bus = closeLater(EmbeddedServiceBus.start(testConfig(), options));
        return bus;
    }

    <T extends AutoCloseable> T closeLater(T closeable) {
        toClose.add(closeable);
        return closeable;
    }

    ServiceBusClientBuilder client() {
        return new ServiceBusClientBuilder().connectionString(bus.connectionString())
                .retryOptions(new AmqpRetryOptions().setMaxRetries(0).setTryTimeout(Duration.ofSeconds(10)));
    }

    ServiceBusSenderClient queueSender(String queue) {
        return closeLater(client().sender().queueName(queue).buildClient());
    }

    ServiceBusSenderClient topicSender(String topic) {
        return closeLater(client().sender().topicName(topic).buildClient());
    }

    /** A receiver that neither completes messages nor renews locks by itself, so that tests see what the bus does. */
    ServiceBusReceiverClient queueReceiver(String queue) {
        return closeLater(client().receiver().queueName(queue).disableAutoComplete()
                .maxAutoLockRenewDuration(Duration.ZERO).buildClient());
    }

    ServiceBusReceiverClient deadLetterReceiver(String queue) {
        return closeLater(client().receiver().queueName(queue).subQueue(SubQueue.DEAD_LETTER_QUEUE)
                .disableAutoComplete()
                .maxAutoLockRenewDuration(Duration.ZERO).buildClient());
    }

    ServiceBusReceiverClient subscriptionReceiver(String topic, String subscription) {
        return closeLater(client().receiver().topicName(topic).subscriptionName(subscription)
                .disableAutoComplete()
                .maxAutoLockRenewDuration(Duration.ZERO).buildClient());
    }

    /** Receives exactly this many messages; fails if they do not arrive. */
    static List<ServiceBusReceivedMessage> receive(ServiceBusReceiverClient receiver, int count) {
        List<ServiceBusReceivedMessage> received = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (received.size() < count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Received only " + received.size() + " of " + count + " messages");
            }
            IterableStream<ServiceBusReceivedMessage> messages =
                    receiver.receiveMessages(count - received.size(), Duration.ofSeconds(5));
            messages.forEach(received::add);
        }
        return received;
    }

    static ServiceBusReceivedMessage receiveOne(ServiceBusReceiverClient receiver) {
        return receive(receiver, 1).get(0);
    }

    static ServiceBusMessage message(String id) {
        return new ServiceBusMessage(BinaryData.fromString("body of " + id)).setMessageId(id);
    }

    static List<ServiceBusMessage> messages(int count) {
        List<ServiceBusMessage> messages = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            messages.add(message("m" + i));
        }
        return messages;
    }
}
