package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.servicebus.ReceiverWatch;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** Messages of AMQP clients without the Azure SDK: bodies in any section and of any type, even null, and ids of any type. */
@WorkerTest
@ExtendWith(OutputCaptureExtension.class)
// The same as in InvalidMessageTest, so that both share a worker.
@TestPropertySource(properties = "test.lock-duration=PT5S")
class AmqpBodyTest {

    private static final String SOURCE = "orders-subscription";
    private static final String NULL = "body: is an AMQP value that is null; a JSON object was expected";

    @Autowired
    private CamelContext camel;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("Köln", 1_000);
    }

    @Test
    void messagesThatTheSdkCannotDecodeCostNoOtherOneADelivery() {
        int good = 150;
        long expired = bus.counts(ShopDriver.SUBSCRIPTION).expiredLocks();
        long deadLettered = bus.counts(ShopDriver.SUBSCRIPTION).deadLetteredTotal();
        bus.pause(ShopDriver.SUBSCRIPTION);
        for (int i = 0; i < 6; i++) {
            shop.send(IntStream.range(i * good / 6, (i + 1) * good / 6).mapToObj(n -> order("order-" + n, "1 Köln")).toArray(ServiceBusMessage[]::new));
            send(new AmqpValue(null));
        }
        bus.resume(ShopDriver.SUBSCRIPTION);
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).hasSize(6).allSatisfy(dead -> {
            assertThat(dead.deadLetterReason()).isEqualTo("MalformedBody");
            assertThat(dead.deadLetterErrorDescription()).isEqualTo(NULL);
            assertThat(dead.deliveryCount()).as("failed deliveries").isZero();
        });
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).deadLetteredTotal()).isEqualTo(deadLettered + 6);
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).expiredLocks()).as("deliveries that were interrupted").isEqualTo(expired);
        assertThat(tables.count("inbox")).isEqualTo(good);
        assertThat(shop.events()).hasSize(good);
        assertThat(tables.stockOf("Köln")).isEqualTo("850 available, 150 reserved, version 151");
    }

    @Test
    void theyAreListedReplayedAndSearchedLikeAnyOther() {
        shop.send(ShopDriver.orderCreated("of customer c-1"));
        send(new AmqpValue(null));
        send(new AmqpValue(null));
        shop.send(ShopDriver.orderCreated("of customer c-2"));
        await().until(() -> shop.deadLetters().size() == 4);
        DeadLetterQueues queues = new DeadLetterQueues(camel, camel.createProducerTemplate());

        assertThat(queues.list(Map.of("source", SOURCE, "limit", 10))).hasSize(4)
            .filteredOn(message -> message.get("bodySize").equals(0)).extracting(message -> message.get("deadLetterErrorDescription"))
            .containsExactly(NULL, NULL);
        Map<String, Object> outcome = queues.replay(Map.of("source", SOURCE, "replayedBy", "ann", "reason", "why not"));
        assertThat(outcome).containsEntry("replayed", 0);
        assertThat((List<?>) outcome.get("failed")).hasSize(4);
        assertThat(queues.erase("c-2").get(SOURCE)).isEqualTo(Map.of("erased", 1, "failed", List.of()));
        assertThat(queues.erase("null").get(SOURCE)).as("a body that is null does not name the id null").isEqualTo(Map.of("erased", 0, "failed", List.of()));
        assertThat(shop.deadLetters()).hasSize(3);
    }

    @Test
    void theWatchSeesThatOneWaits() {
        bus.pause(ShopDriver.SUBSCRIPTION);
        send(new AmqpValue(null));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();

        new ReceiverWatch(camel, registry, Duration.ofMillis(1)).process(null);

        assertThat(registry.get("inventory.consumer.restarts").tag("source", SOURCE).counter().count()).isEqualTo(1);
        bus.resume(ShopDriver.SUBSCRIPTION);
        await().until(() -> shop.deadLetters().size() == 1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void bytesAreReadInWhateverSection(Section body) {
        send(body);
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.stockOf("Köln")).isEqualTo("998 available, 2 reserved, version 2");
    }

    static Stream<Arguments> bytesAreReadInWhateverSection() {
        Binary order = new Binary("{\"orderId\":\"order-1\",\n\"items\":[{\"productId\":\"Köln\",\t\"quantity\":2}]}".getBytes(StandardCharsets.UTF_8));
        return Stream.of(arguments(named("data", new Data(order))), arguments(named("a value", new AmqpValue(order))),
            arguments(named("a value that is text", new AmqpValue(new String(order.getArray(), StandardCharsets.UTF_8)))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void whatIsNeitherBytesNorTextIsReportedAsWhatItIs(Section body, String description) {
        send(body);
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).singleElement().satisfies(dead -> {
            assertThat(dead.deadLetterReason()).isEqualTo("MalformedBody");
            assertThat(dead.deadLetterErrorDescription()).isEqualTo("body: is " + description + "; a JSON object was expected");
            assertThat(dead.deliveryCount()).isZero();
        });
        assertThat(tables.count("inbox")).isZero();
    }

    static Stream<Arguments> whatIsNeitherBytesNorTextIsReportedAsWhatItIs() {
        return Stream.of(
            arguments(named("no section", null), "empty"),
            arguments(named("null", new AmqpValue(null)), "an AMQP value that is null"),
            arguments(named("a map", new AmqpValue(Map.of("orderId", "order-1"))), "an AMQP value that is a map"),
            arguments(named("a list", new AmqpValue(List.of("order-1"))), "an AMQP value that is a list"),
            arguments(named("a sequence", new AmqpSequence(List.of("order-1"))), "an AMQP sequence"),
            arguments(named("an array", new AmqpValue(new String[] {"order-1"})), "an AMQP value that is an array"),
            arguments(named("a number", new AmqpValue(UnsignedInteger.valueOf(42))), "an AMQP value that is a number"),
            arguments(named("a boolean", new AmqpValue(true)), "an AMQP value that is a boolean"),
            arguments(named("a timestamp", new AmqpValue(new Date())), "an AMQP value that is a timestamp"),
            arguments(named("a UUID", new AmqpValue(UUID.randomUUID())), "an AMQP value that is a UUID"),
            arguments(named("a symbol", new AmqpValue(Symbol.valueOf("order-1"))), "an AMQP value that is a Symbol"));
    }

    @Test
    void aMessageIdOfAnyTypeIsKnownAgain() {
        List<Object> ids = List.of(UnsignedLong.valueOf(4_711), UUID.randomUUID(), new Binary(new byte[] {1, 'a', -1}));
        for (int delivery = 0; delivery < 2; delivery++) {
            for (int i = 0; i < ids.size(); i++) {
                bus.send("orders", encoded(ids.get(i), new Data(new Binary(order("order-" + i, "1 Köln").getBody().toBytes()))));
            }
        }
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.count("inbox")).as("one row for two messages").isEqualTo(ids.size());
        assertThat(tables.count("inbox WHERE message_id = '" + ids.get(1) + "'")).isEqualTo(1);
        assertThat(shop.events()).extracting(BrowsedMessage::subject).hasSize(ids.size()).containsOnly("InventoryReserved");
        assertThat(tables.stockOf("Köln")).startsWith("997 available, 3 reserved");
    }

    @Test
    void aMessageThatIsLargerThanThereIsMemoryForIsReportedOnce(CapturedOutput output) {
        String body = "{\"orderId\":\"order-1\",\"items\":[{\"productId\":\"Köln\",\"quantity\":2}]}";
        shop.send(ShopDriver.orderCreated(body + " ".repeat(256 << 10)), ShopDriver.orderCreated(body + " ".repeat(257 << 10)),
            ShopDriver.orderCreated(body + " ".repeat(300 << 10)));
        shop.awaitQuiet(tables);

        assertThat(output.getAll()).containsOnlyOnce("inventory.servicebus.max-message-size is 256 (KiB): set it to the limit of orders/inventory");
        assertThat(tables.stockOf("Köln")).isEqualTo("998 available, 2 reserved, version 2");
    }

    private void send(Section body) {
        bus.send("orders", encoded(UUID.randomUUID().toString(), body));
    }

    /** An encoded OrderCreated message. */
    static byte[] encoded(Object messageId, Section body) {
        Message message = Message.Factory.create();
        message.setMessageId(messageId);
        message.setSubject("OrderCreated");
        message.setBody(body);
        byte[] buffer = new byte[10_000];
        return Arrays.copyOf(buffer, message.encode(buffer, 0, buffer.length));
    }
}
