package servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The methods that make a bus fail on purpose, and the effect of broken clients on it. */
class FaultsTest extends ServiceBusTest {

    private static final String SASL_HEADER = "414d515003010000";
    private static final String SASL_INIT_ANONYMOUS = "0000001c02010000005341c00f02a309414e4f4e594d4f5553a000";
    /** The performatives open (with an empty container id) and begin. */
    private static final String OPEN = "005310c00301a100";
    private static final String BEGIN = frame("005311c00604404343" + "5270");
    private static final String AMQP_HEADER = "414d515000010000";

    @BeforeEach
    void startBus() throws IOException {
        start(OPTIONS);
    }

    @Test
    void aClientRecoversFromADroppedConnection() {
        Queue<String> received = new ConcurrentLinkedQueue<>();
        ServiceBusSenderClient sender = closeLater(patientClient().sender().queueName("work").buildClient());
        ServiceBusProcessorClient processor = closeLater(patientClient().processor().queueName("work")
                .processMessage(context -> received.add(context.getMessage().getMessageId()))
                .processError(context -> { }).buildProcessorClient());
        processor.start();
        sender.sendMessage(message("before"));
        await().atMost(PATIENCE).until(() -> bus.counts("work").completed() == 1);

        bus.dropConnections();
        sender.sendMessage(message("after"));

        await().atMost(PATIENCE).until(() -> bus.counts("work").completed() == 2);
        assertThat(received).containsExactly("before", "after");
        assertThat(bus.counts("work").active()).isZero();
    }

    private ServiceBusClientBuilder patientClient() {
        return new ServiceBusClientBuilder().connectionString(bus.connectionString())
                .retryOptions(new AmqpRetryOptions().setTryTimeout(Duration.ofSeconds(5)));
    }

    @Test
    void duringAnOutageThePortIsClosedAndMessagesAreKept() throws IOException {
        queueSender("work").sendMessage(message("m1"));
        int port = bus.port();

        bus.stopListening();

        assertThatThrownBy(() -> connect().close()).isInstanceOf(ConnectException.class);
        assertThat(bus.counts("work").active()).isEqualTo(1);
        bus.startListening();
        assertThat(bus.port()).isEqualTo(port);
        ServiceBusReceiverClient receiver = queueReceiver("work");
        receiver.complete(receiveOne(receiver));
        assertThat(bus.counts("work").active()).isZero();
    }

    @Test
    void refusedSendsFailWithTheGivenErrorUntilAcceptedAgain() {
        ServiceBusSenderClient sender = queueSender("work");
        bus.refuseSends("work", "amqp:resource-limit-exceeded", "the queue is full");

        assertThatThrownBy(() -> sender.sendMessage(message("m1"))).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.QUOTA_EXCEEDED))
                .hasMessageContaining("the queue is full");
        assertThat(bus.counts("work").enqueued()).isZero();

        bus.acceptSends("work");
        sender.sendMessage(message("m2"));
        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).containsExactly("m2");
    }

    @Test
    void refusedReceiversFailWithTheGivenErrorUntilAccepted() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient open = queueReceiver("work");
        open.abandon(receiveOne(open));
        bus.refuseReceivers("work", "com.microsoft:entity-disabled", "the queue is disabled");

        assertThatThrownBy(() -> receiveOne(open)).hasStackTraceContaining("the queue is disabled");
        ServiceBusReceiverClient refused = queueReceiver("work");
        assertThatThrownBy(() -> receiveOne(refused)).hasStackTraceContaining("the queue is disabled");
        assertThatThrownBy(refused::peekMessage).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGING_ENTITY_DISABLED));
        assertThat(bus.counts("work").active()).as("it stays").isEqualTo(1);

        bus.acceptReceivers("work");
        ServiceBusReceiverClient later = queueReceiver("work");
        later.complete(receiveOne(later));
    }

    @Test
    void refusedTokensLetNoClientInUntilAccepted() {
        bus.refuseTokens("the token has an invalid signature");

        assertThatThrownBy(() -> queueSender("work").sendMessage(message("m1"))).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.UNAUTHORIZED))
                .hasMessageContaining("the token has an invalid signature");

        bus.acceptTokens();
        queueSender("work").sendMessage(message("m2"));
        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).containsExactly("m2");
    }

    @Test
    void aLostAnswerLooksToTheSenderLikeAFailureAndTheMessageIsThere() {
        ServiceBusSenderClient sender = queueSender("work");
        sender.sendMessage(message("m1"));
        bus.loseAnswers("work", 1);

        assertThatThrownBy(() -> sender.sendMessage(message("m2"))).isInstanceOf(RuntimeException.class);

        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).containsExactly("m1", "m2");
        queueSender("work").sendMessage(message("m3"));
        assertThat(bus.counts("work").enqueued()).as("only so often").isEqualTo(3);
    }

    @Test
    void aLostSettlementLeavesTheMessageToItsLock() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        bus.loseSettlements("work", 1);

        assertThatThrownBy(() -> receiver.complete(received)).isInstanceOf(RuntimeException.class);

        assertThat(bus.counts("work").completed()).isZero();
        assertThat(bus.counts("work").locked()).isEqualTo(1);
        bus.loseLocks("work");
        ServiceBusReceiverClient other = queueReceiver("work");
        other.complete(receiveOne(other));
        assertThat(bus.counts("work").completed()).as("only so often").isEqualTo(1);
    }

    @Test
    void aLostLockIsAFailedDeliveryAndSettlesNothing() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage locked = receiveOne(receiver);

        bus.loseLocks("work");

        assertThat(bus.counts("work").expiredLocks()).isEqualTo(1);
        assertThatThrownBy(() -> receiver.complete(locked)).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGE_LOCK_LOST));
        assertThat(receiveOne(receiver).getDeliveryCount()).isEqualTo(1);
    }

    @Test
    void aPausedEntityTakesMessagesButDeliversNone() {
        bus.pause("work");
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        assertThat(receiver.receiveMessages(1, Duration.ofSeconds(1))).isEmpty();
        assertThat(bus.counts("work").active()).isEqualTo(1);

        bus.resume("work");

        assertThat(receiveOne(receiver).getMessageId()).isEqualTo("m1");
    }

    @Test
    void aPurgedBusHoldsNothingAndOldLocksAreLost() {
        queueSender("work").sendMessages(messages(3));
        queueSender("unique").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage locked = receiveOne(receiver);
        assertThat(bus.counts("work").active()).isEqualTo(3);

        bus.purge();

        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.counts("work").locked()).isZero();
        assertThat(bus.counts("unique").active()).isZero();
        assertThatThrownBy(() -> receiver.complete(locked)).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGE_LOCK_LOST));
        queueSender("unique").sendMessage(message("m1"));
        assertThat(bus.counts("unique").active()).isEqualTo(1);
    }

    @Test
    void aMessageLargerThanAllowedIsRefused() {
        ServiceBusSenderClient sender = queueSender("work");

        assertThatThrownBy(() -> sender.sendMessage(new ServiceBusMessage("x".repeat(300 * 1024))))
                .isInstanceOfSatisfying(ServiceBusException.class,
                        e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGE_SIZE_EXCEEDED));

        assertThat(bus.counts("work").enqueued()).isZero();
        sender.sendMessage(message("m1"));
        assertThat(bus.counts("work").enqueued()).isEqualTo(1);
    }

    @Test
    void aPortInUseIsNamed() {
        assertThatThrownBy(() -> closeLater(EmbeddedServiceBus.start(testConfig(), OPTIONS.withPort(bus.port()))))
                .isInstanceOf(BindException.class).hasMessageContaining("127.0.0.1:" + bus.port());
    }

    @Test
    void aClosedBusLeavesNoThreadAndNoPort() {
        queueSender("work").sendMessage(message("m1"));
        String thread = "service-bus-" + bus.port();
        assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).contains(thread);

        bus.close();

        assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).doesNotContain(thread);
        assertThatThrownBy(() -> connect().close()).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> bus.counts("work")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anUnknownEntityPathIsRefusedByTheHooks() {
        assertThatThrownBy(() -> bus.counts("nowhere")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> bus.pause("events")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bus.refuseSends("events/Subscriptions/all", "amqp:internal-error", ""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), bus.port());
    }

    /** The bus must disconnect the client that sends these bytes, and no other. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenClients")
    void aBrokenClientCostsOnlyItsOwnConnection(String name, byte[] bytes) throws IOException {
        ServiceBusSenderClient sender = queueSender("work");
        sender.sendMessage(message("before"));

        try (Socket socket = connect()) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(bytes);
            assertThat(endOf(socket)).as("the bus closes the connection").isTrue();
        }

        sender.sendMessage(message("after"));
        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).containsExactly("before", "after");
    }

    static Stream<Arguments> brokenClients() {
        byte[] noise = new byte[100_000];
        new Random(42).nextBytes(noise);
        String opened = SASL_HEADER + SASL_INIT_ANONYMOUS + AMQP_HEADER + frame(OPEN);
        return Stream.of(
                Arguments.of("HTTP", "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("noise", noise),
                Arguments.of("AMQP without SASL", hex(AMQP_HEADER)),
                Arguments.of("noise after the SASL header", concat(hex(SASL_HEADER), noise)),
                Arguments.of("a frame of 4 GiB", hex(opened + "ffffffff02000000")),
                Arguments.of("a frame smaller than its header", hex(opened + "0000000402000000")),
                Arguments.of("a list of 2 billion elements", hex(opened + frame("005310d0000000047fffffff"))),
                Arguments.of("a map nested 10,000 deep", hex(opened + frame("005310" + "c1ff02".repeat(10_000)))),
                Arguments.of("a described type nested 20,000 deep", hex(opened + frame("00".repeat(20_000)))),
                Arguments.of("a transfer without a link", hex(opened + BEGIN + frame("005314c0020143"))),
                Arguments.of("a second open", hex(opened + frame(OPEN))));
    }

    /** Whether the other side ends the connection, in order or with a reset, before the socket times out. */
    private static boolean endOf(Socket socket) throws IOException {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void anIdleClientGetsEmptyFramesInTimeToKnowTheBusIsAlive() throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            String openWithIdleTimeoutOf200Milliseconds = frame("005310c00805a100404040" + "52c8");
            socket.getOutputStream().write(hex(
                    SASL_HEADER + SASL_INIT_ANONYMOUS + AMQP_HEADER + openWithIdleTimeoutOf200Milliseconds));

            StringBuilder received = new StringBuilder();
            while (!received.toString().endsWith("0000000802000000".repeat(3))) {
                int octet = socket.getInputStream().read();
                assertThat(octet).as("the connection is open after " + received).isNotNegative();
                received.append(String.format("%02x", octet));
            }
        }
    }

    private static String frame(String body) {
        return String.format("%08x02000000", 8 + body.length() / 2) + body;
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
