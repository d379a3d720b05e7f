package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.commandMessage;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** One trace from the shop's span to the event that the shop receives, and log lines that name their message. */
@WorkerTest
@AutoConfigureObservability(metrics = false)
@Import(TracingTest.Spans.class)
@TestPropertySource(properties = {"management.tracing.sampling.probability=1", "inventory.inbox.max-retries=0",
    "inventory.inbox.parked-delay=PT0.1S", "inventory.inbox.parked-delay-max=PT0.1S", "inventory.inbox.max-attempts=1000",
    // Routes have spans only if an endpoint for them is set; here the test's exporter receives them.
    "management.otlp.tracing.endpoint=http://nowhere.invalid", "management.otlp.tracing.export.enabled=false"})
class TracingTest {

    private static final String SHOPS_SPAN = "00f067aa0ba902b7";
    private static final Logger ROOT_LOGGER = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    @TestConfiguration
    static class Spans {

        /** Not a bean: otherwise Spring Boot would export to it a second time. */
        private final InMemorySpanExporter exporter = InMemorySpanExporter.create();

        @Bean
        SpanProcessor processor() {
            return SimpleSpanProcessor.create(exporter);
        }
    }

    @Autowired
    private CamelContext camel;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private Spans spans;
    private InMemorySpanExporter exporter;
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private volatile boolean fault = true;

    @BeforeEach
    void start() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 1_000);
        exporter = spans.exporter;
        exporter.reset();
        log.start();
        ROOT_LOGGER.addAppender(log);
    }

    @AfterEach
    void nothingThatTheClockStartsIsATrace() {
        ROOT_LOGGER.detachAppender(log);
        assertThat(exporter.getFinishedSpanItems())
            .filteredOn(span -> span.getParentSpanId().equals(SpanId.getInvalid()))
            .allSatisfy(span -> assertThat(span.getKind()).as("%s", span).isEqualTo(SpanKind.CONSUMER));
    }

    @Test
    void theWayFromTheShopsSpanToTheEventIsOneTrace() {
        String trace = trace(1);
        shop.send(traced(order("order-1", "2 a"), trace, "01"));
        await().until(() -> shop.events("order-1").size() == 1);
        await().untilAsserted(() -> assertThat(spans(trace)).extracting(SpanData::getName)
            .contains("process orders/inventory", "inbox", "inbox-transaction", "OrderCreated", "wait in outbox", "send inventory"));

        List<SpanData> way = spans(trace);
        assertThat(exporter.getFinishedSpanItems()).as("all spans").hasSameSizeAs(way);
        List<String> names = new ArrayList<>();
        String id = spanOf(shop.events("order-1").get(0));
        Map<String, SpanData> byId = way.stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        while (byId.containsKey(id)) {
            names.add(byId.get(id).getName());
            id = byId.get(id).getParentSpanId();
        }
        assertThat(id).as("the trace begins in the shop").isEqualTo(SHOPS_SPAN);
        assertThat(names).startsWith("send inventory", "inbox").endsWith("orders", "process orders/inventory");
        assertThat(way).filteredOn(span -> span.getAttributes().asMap().toString().contains("routes/handlers/reserve-inventory.sql")).as("the SQL").isNotEmpty();
        assertThat(way).as("the trace wakes the relay but does not contain it").noneMatch(span -> span.getAttributes().asMap().toString().contains("claim-outbox"));
        assertThat(way).as("SQL text and JDBC URL").noneMatch(
            span -> span.getAttributes().asMap().toString().matches("(?s).*(SELECT|jdbc:).*"));
    }

    @Test
    void aTraceIsTakenFromWhatTheAzureSdkCallsItAsWell() {
        ServiceBusMessage order = order("order-8", "1 a");
        order.getApplicationProperties().put("Diagnostic-Id", "00-" + trace(8) + "-" + SHOPS_SPAN + "-01");
        ServiceBusMessage both = traced(order("order-9", "1 a"), trace(9), "01");
        both.getApplicationProperties().put("Diagnostic-Id", "00-" + trace(10) + "-" + SHOPS_SPAN + "-01");

        shop.send(order, both);
        await().until(() -> shop.events("order-8").size() == 1 && shop.events("order-9").size() == 1);

        assertThat(traceOf(shop.events("order-8").get(0))).isEqualTo(trace(8));
        assertThat(traceOf(shop.events("order-9").get(0))).as("traceparent takes precedence").isEqualTo(trace(9));
    }

    @Test
    void eachOrderOfABatchKeepsItsOwnTrace() {
        shop.send(IntStream.range(0, 50).mapToObj(i -> traced(order("order-" + i, "1 a"), trace(100 + i), "01")).toArray(ServiceBusMessage[]::new));
        await().until(() -> shop.events().size() == 50);

        for (int i = 0; i < 50; i++) {
            assertThat(shop.events("order-" + i)).singleElement().extracting(TracingTest::traceOf).isEqualTo(trace(100 + i));
        }
    }

    @Test
    void whatTheSendersTracingSystemKeepsGoesOnWithEachMessageOfABatch() {
        shop.send(IntStream.range(0, 50).mapToObj(i -> withState(traced(order("order-" + i, "1 a"), trace(200 + i), "01"),
            "rojo=" + i + " \t,\tcongo@shop=t61rcWkgMzE")).toArray(ServiceBusMessage[]::new));
        await().until(() -> shop.events().size() == 50);

        for (int i = 0; i < 50; i++) {
            assertThat(shop.events("order-" + i)).singleElement().extracting(TracingTest::stateOf).isEqualTo("rojo=" + i + ",congo@shop=t61rcWkgMzE");
        }
    }

    @Test
    void itGoesOnInTheEventsOfEachType() {
        shop.send(withState(traced(order("order-1", "1 a"), trace(300), "01"), "shop=1"),
            withState(traced(order("order-2", "1001 a"), trace(301), "01"), "shop=2"));
        await().until(() -> shop.events().size() == 2);
        shop.sendPayments(withState(traced(about("order-1", "PaymentProcessed", "Captured"), trace(302), "01"), "shop=3"));
        await().until(() -> shop.events().size() == 3);
        shop.send(withState(traced(about("order-1", "OrderCancelled"), trace(303), "01"), "shop=4"));
        shop.sendCommands(withState(traced(commandMessage("RestockInventory", "{\"productId\":\"a\",\"quantityToAdd\":1}"), trace(304), "01"), "shop=5"),
            withState(traced(commandMessage("AdjustInventory", "{\"productId\":\"a\",\"quantityChange\":-1,\"reason\":\"lost\"}"), trace(305), "01"), "shop=6"));
        await().until(() -> shop.events().size() == 6);

        assertThat(shop.events()).extracting(event -> event.subject() + " " + stateOf(event)).containsExactlyInAnyOrder("InventoryReserved shop=1",
            "InventoryInsufficient shop=2", "InventoryCommitted shop=3", "InventoryReleased shop=4", "InventoryRestocked shop=5",
            "InventoryAdjusted shop=6");
    }

    @Test
    void theStateOfAnOrderThatIsPaidFirstGoesOnInBothOfItsEvents() {
        shop.sendPayments(traced(about("order-1", "PaymentProcessed", "Captured"), trace(310), "01"));
        await().until(() -> tables.count("inventory_orders WHERE status = 'Paid'") == 1);
        shop.send(withState(traced(order("order-1", "1 a"), trace(311), "01"), "shop=1"));
        await().until(() -> shop.events().size() == 2);

        assertThat(shop.events()).extracting(event -> event.subject() + " " + stateOf(event))
            .containsExactly("InventoryReserved shop=1", "InventoryCommitted shop=1");
    }

    @Test
    void itGoesOnWhenADeadLetteredMessageIsReplayed() {
        shop.sendCommands(withState(traced(commandMessage("AdjustInventory",
            "{\"productId\":\"b\",\"quantityChange\":-1,\"reason\":\"lost\"}"), trace(320), "01"), "shop=1"));
        await().until(() -> bus.counts(ShopDriver.COMMANDS).deadLettered() == 1);
        tables.stock("b", 10);
        new DeadLetterQueues(camel, camel.createProducerTemplate())
            .replay(Map.of("source", "inventory-commands-queue", "replayedBy", "ann", "reason", "b is there now"));
        await().until(() -> shop.events().size() == 1);

        assertThat(traceOf(shop.events().get(0))).isEqualTo(trace(320));
        assertThat(stateOf(shop.events().get(0))).isEqualTo("shop=1");
    }

    @ParameterizedTest
    @MethodSource
    void aStateThatIsNoneIsLeftBehindAndTheTraceGoesOn(Object state, String expected) {
        ServiceBusMessage order = traced(order("order-1", "1 a"), trace(400), "01");
        order.getApplicationProperties().put("tracestate", state);
        shop.send(order);
        await().until(() -> shop.events("order-1").size() == 1);

        assertThat(traceOf(shop.events("order-1").get(0))).isEqualTo(trace(400));
        assertThat(stateOf(shop.events("order-1").get(0))).isEqualTo(expected);
        assertThat(shop.deadLetters()).isEmpty();
    }

    static Stream<Arguments> aStateThatIsNoneIsLeftBehindAndTheTraceGoesOn() {
        String longest = "a=" + "x".repeat(255) + ",b=" + "y".repeat(252);
        return Stream.of(arguments("no state", null), arguments("", null), arguments("SHOP=1", null), arguments("shop=1,", "shop=1"), arguments("shop=1,,b=2", null), arguments("shop=\u00e9", null),
            arguments("a=1,a=2", null), arguments(17, null), arguments(" ".repeat(30_000), null),
            arguments(IntStream.range(0, 33).mapToObj(i -> "k" + i + "=1").collect(Collectors.joining(",")), null),
            arguments(longest, longest), arguments(longest + "y", null));
    }

    @Test
    void aStateWithoutATraceIsNone() {
        shop.send(withState(order("order-1", "1 a"), "shop=1"));
        await().until(() -> shop.events("order-1").size() == 1);

        assertThat(stateOf(shop.events("order-1").get(0))).isNull();
    }

    @Test
    void whatTheShopDoesNotKeepLeavesNoSpanAndItsIdGoesOn() {
        shop.send(traced(order("order-2", "1 a"), trace(2), "00"), traced(order("order-3", "1 a"), trace(3), "01"));
        await().until(() -> spans(trace(3)).stream().anyMatch(span -> span.getName().equals("send inventory"))
            && shop.events("order-2").size() == 1);

        assertThat(spans(trace(2))).isEmpty();
        assertThat(shop.events("order-2").get(0).applicationProperties().get("traceparent").toString())
            .startsWith("00-" + trace(2) + "-").endsWith("-00");
    }

    @Test
    void aMessageWithoutATraceBeginsOne() {
        shop.sendPayments(about("order-4", "PaymentFailed"));
        await().until(() -> exporter.getFinishedSpanItems().stream().anyMatch(span -> span.getName().equals("process payments/inventory")));

        assertThat(exporter.getFinishedSpanItems()).extracting(SpanData::getTraceId).as("one").hasSizeGreaterThan(3).containsOnly(
            exporter.getFinishedSpanItems().get(0).getTraceId());
    }

    @Test
    void theTraceOfAParkedMessageGoesOnInItsEventsAndItsLogLinesAreItsOwn() throws Exception {
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("reserve").before().process(exchange -> {
            if (fault) {
                throw new CannotAcquireLockException("not now");
            }
        }).id("fault"));
        ServiceBusMessage order = withState(traced(order("order-5", "1 a"), trace(5), "01"), "shop=1");
        shop.send(order);
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 1") == 1);
        fault = false;
        await().until(() -> shop.events("order-5").size() == 1);
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("fault").remove());

        assertThat(traceOf(shop.events("order-5").get(0))).isEqualTo(trace(5));
        assertThat(stateOf(shop.events("order-5").get(0))).isEqualTo("shop=1");
        assertThat(log.list).filteredOn(line -> line.getFormattedMessage().contains("is parked")).hasSizeGreaterThan(1)
            .allSatisfy(line -> assertThat(line.getMDCPropertyMap())
                .containsEntry("messageId", order.getMessageId()).containsEntry("orderId", "order-5"));
    }

    @Test
    void aLineAboutAMessageCarriesItsIdsAndNothingOfTheCustomer() {
        ServiceBusMessage order = traced(ShopDriver.orderCreated("""
            {"orderId": "order-6", "items": [], "shippingAddress": {"street": "12 Secret Lane", "city": 7}}"""), trace(6), "01");
        shop.send(order);
        await().until(() -> log.list.stream().anyMatch(line -> line.getFormattedMessage().contains("is dead-lettered")));
        await().until(() -> spans(trace(6)).stream().anyMatch(span -> span.getName().equals("process orders/inventory")));

        assertThat(log.list).filteredOn(line -> line.getFormattedMessage().contains("is dead-lettered")).singleElement()
            .satisfies(line -> assertThat(line.getMDCPropertyMap()).containsEntry("messageId", order.getMessageId())
                .containsEntry("orderId", "order-6").containsEntry("traceId", trace(6)).containsKey("spanId"));
        assertThat(spans(trace(6))).filteredOn(span -> span.getName().equals("process orders/inventory")).singleElement()
            .satisfies(span -> assertThat(span.getStatus()).isEqualTo(StatusData.error()))
            .satisfies(span -> assertThat(span.getAttributes().asMap().toString()).contains("error.type=SchemaViolation"));
        assertThat(exporter.getFinishedSpanItems().toString() + log.list).doesNotContain("Secret Lane");

        log.list.clear();
        ServiceBusMessage malformed = ShopDriver.orderCreated("{");
        shop.send(order("order-7", "1 a"), malformed);
        await().until(() -> log.list.stream().anyMatch(line -> line.getFormattedMessage().contains("is dead-lettered")));
        assertThat(log.list).filteredOn(line -> line.getFormattedMessage().contains("is dead-lettered")).singleElement()
            .satisfies(line -> assertThat(line.getMDCPropertyMap()).as("no field of an earlier message")
                .containsEntry("messageId", malformed.getMessageId()).doesNotContainKey("orderId"));
    }

    private List<SpanData> spans(String trace) {
        return exporter.getFinishedSpanItems().stream().filter(span -> span.getTraceId().equals(trace)).toList();
    }

    private static String trace(int number) {
        return "4bf92f3577b34da6" + "%016x".formatted(number);
    }

    private static ServiceBusMessage traced(ServiceBusMessage message, String trace, String flags) {
        message.getApplicationProperties().put("traceparent", "00-" + trace + "-" + SHOPS_SPAN + "-" + flags);
        return message;
    }

    private static ServiceBusMessage withState(ServiceBusMessage message, String state) {
        message.getApplicationProperties().put("tracestate", state);
        return message;
    }

    private static Object stateOf(BrowsedMessage event) {
        return event.applicationProperties().get("tracestate");
    }

    private static String traceOf(BrowsedMessage event) {
        return event.applicationProperties().get("traceparent").toString().split("-")[1];
    }

    private static String spanOf(BrowsedMessage event) {
        return event.applicationProperties().get("traceparent").toString().split("-")[2];
    }
}
