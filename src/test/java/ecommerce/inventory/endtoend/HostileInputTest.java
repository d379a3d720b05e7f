package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/**
 * 10,000 messages of all types, most of them broken at random ({@link HostileMessage}), with valid orders among them. Each is handled or
 * dead-lettered, as {@link HostileMessageJudge} decides, and afterwards the worker is in the same state as before. Each message is in
 * exactly one place: in the inbox, or in a dead-letter queue, where it is counted by reason. A repeated message counts as a duplicate.
 * <p>
 * A failure names seed and index; {@code -Dhostile.seed=7 -Dhostile.case=1234} runs that message alone.
 */
@WorkerTest
@Import(HostileInputTest.Onlooker.class)
// So few that all threads are used in the first round.
@TestPropertySource(properties = "inventory.servicebus.max-concurrent-calls=16")
class HostileInputTest {

    private static final long SEED = Long.getLong("hostile.seed", 20261124);
    private static final Integer ONLY = Integer.getInteger("hostile.case");
    private static final int ROUNDS = 3;
    private static final int MESSAGES_PER_ROUND = 2_000;
    private static final int GOOD_ORDERS_PER_ROUND = 200;
    private static final int STOCK = 1_000_000_000;
    private static final List<String> SOURCES = List.of(ShopDriver.SUBSCRIPTION, ShopDriver.PAYMENTS, ShopDriver.COMMANDS);
    private static final List<String> ROUTES = List.of("orders-subscription", "payments-subscription", "inventory-commands-queue");
    private static final long MEGABYTE = 1 << 20;

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private Invariants invariants;
    @Autowired
    private MeterRegistry meters;

    private final LogLines log = new LogLines();

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        HostileMessageJudge.PRODUCTS.forEach(product -> tables.stock(product, STOCK));
        tables.stock("good", STOCK);
        log.attach();
    }

    @AfterEach
    void detach() {
        log.detach();
    }

    @Test
    void eachMessageIsHandledOrDeadLetteredAndTheWorkerStaysAsItWas() throws IOException {
        List<Long> heap = new ArrayList<>();
        List<Integer> threads = new ArrayList<>();
        Outcome outcome = new Outcome();
        Map<String, Long> deadLetters = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<HostileMessage> messages = IntStream.range(round * MESSAGES_PER_ROUND, (round + 1) * MESSAGES_PER_ROUND)
                .filter(index -> ONLY == null || ONLY == index).mapToObj(index -> HostileMessage.draw(SEED, index)).toList();
            send(round, messages);
            outcome.judge(messages);
            deadLetters().forEach((key, number) -> deadLetters.merge(key, number, Long::sum));
            bus.purge();
            heap.add(usedHeap());
            threads.add(ManagementFactory.getThreadMXBean().getThreadCount());
        }

        assertThat(outcome.faults).as("seed %d; each can be run alone by -Dhostile.seed and -Dhostile.case", SEED).isEmpty();
        assertThat(deadLettered()).as("the metric, by source and reason").isEqualTo(deadLetters);
        assertThat(Onlooker.LEAKS).as("application properties of a sender that reached a node").isEmpty();
        assertThat(tables.containing(HostileMessage.CANARY)).as("tables that contain it").isEmpty();
        assertThat(log.forged()).as("log lines that a sender has forged").isEmpty();
        assertThat(tables.count("inbox WHERE processed_at IS NULL")).as("parked").isZero();
        assertThat(tables.count("inbox")).as("accepted").isEqualTo(outcome.handled - outcome.duplicates + tables.count("inventory_orders WHERE order_id LIKE 'good-%'"));
        assertThat(tables.count("inventory_orders WHERE order_id LIKE 'good-%' AND status = 'Reserved'")).as("good orders")
            .isEqualTo((long) ROUNDS * GOOD_ORDERS_PER_ROUND);
        assertThatWhatComesAgainIsCountedOrInOnePlace();
        await().untilAsserted(invariants::assertSummaryFollows);
        invariants.assertHold();
        invariants.assertUnitsAdd();
        if (ONLY == null) {
            assertThat(outcome.handled).as("handled").isBetween(1_200L, 4_800L);
            assertThat(outcome.reasons).anyMatch(reason -> reason.contains("is an AMQP value that is null"))
                .anyMatch(reason -> reason.startsWith("MessageIdReused: "));
            assertThat(heap.get(ROUNDS - 1)).as("heap after each round: %s", heap).isLessThan(heap.get(1) + 16 * MEGABYTE);
            assertThat(threads.get(ROUNDS - 1)).as("threads after each round: %s", threads).isLessThanOrEqualTo(threads.get(1) + 10);
        }
    }

    /** Sends messages of the first round again: a rejected command may succeed now. */
    private void assertThatWhatComesAgainIsCountedOrInOnePlace() {
        List<HostileMessage> again = IntStream.range(0, MESSAGES_PER_ROUND).filter(index -> ONLY == null || ONLY == index)
            .mapToObj(index -> HostileMessage.draw(SEED, index)).filter(HostileMessage::hasIdOfItsOwn).toList();
        Set<UUID> before = inbox();
        Counter duplicates = meters.get(Metric.INBOX_DUPLICATES.meterName()).counter();
        double duplicatesBefore = duplicates.count();
        send(ROUNDS, again);

        long known = again.stream().filter(message -> before.contains(inboxId(message))).count();
        long dead = deadLetters().values().stream().mapToLong(Long::longValue).sum();
        Set<UUID> after = inbox();
        long done = again.stream().map(HostileInputTest::inboxId).filter(id -> after.contains(id) && !before.contains(id)).count();
        assertThat(duplicates.count() - duplicatesBefore).as("counted as duplicates").isEqualTo(known);
        assertThat(dead + done).as("dead-lettered, or done this time").isEqualTo(again.size() - known);
        bus.purge();
    }

    private void send(int round, List<HostileMessage> messages) {
        List<ServiceBusMessage> orders = new ArrayList<>(of(messages, "OrderCreated", "OrderCancelled"));
        for (int i = 0; i < GOOD_ORDERS_PER_ROUND; i++) {
            orders.add(i * orders.size() / GOOD_ORDERS_PER_ROUND, order("good-" + round + "-" + i, "1 good"));
        }
        shop.send(orders.toArray(ServiceBusMessage[]::new));
        List<ServiceBusMessage> payments = of(messages, "PaymentProcessed", "PaymentFailed");
        List<ServiceBusMessage> commands = of(messages, "RestockInventory", "AdjustInventory");
        if (!payments.isEmpty()) {
            shop.sendPayments(payments.toArray(ServiceBusMessage[]::new));
        }
        if (!commands.isEmpty()) {
            shop.sendCommands(commands.toArray(ServiceBusMessage[]::new));
        }
        shop.awaitQuiet(tables);
    }

    private static List<ServiceBusMessage> of(List<HostileMessage> messages, String... types) {
        return messages.stream().filter(message -> List.of(types).contains(message.type())).map(HostileMessage::message).toList();
    }

    /** The inbox id of a message that names its type. An id that is not a UUID is unique only within its type. */
    private static UUID inboxId(HostileMessage message) {
        String id = message.message().getMessageId();
        return id.matches("[0-9a-f-]{36}") ? UUID.fromString(id)
            : UUID.nameUUIDFromBytes((message.type() + '/' + id).getBytes(StandardCharsets.UTF_8));
    }

    private Set<UUID> inbox() {
        return tables.rows("SELECT message_id FROM inbox").stream().map(row -> (UUID) row.get("message_id")).collect(Collectors.toSet());
    }

    /** The number of dead letters, by source and reason. */
    private Map<String, Long> deadLetters() {
        return SOURCES.stream().flatMap(source -> bus.browse(source + "/$DeadLetterQueue").stream()
            .map(message -> ROUTES.get(SOURCES.indexOf(source)) + ' ' + message.deadLetterReason()))
            .collect(Collectors.groupingBy(key -> key, TreeMap::new, Collectors.counting()));
    }

    private Map<String, Long> deadLettered() {
        return meters.get(Metric.MESSAGES_DEAD_LETTERED.meterName()).counters().stream().filter(counter -> counter.count() > 0)
            .collect(Collectors.toMap(counter -> counter.getId().getTag("source") + ' ' + counter.getId().getTag("reason"),
                counter -> (long) counter.count(), Long::sum, TreeMap::new));
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** The outcome of the messages, and its faults. */
    private final class Outcome {

        private final HostileMessageJudge judge = new HostileMessageJudge(tables);
        private final Map<String, Integer> aboutOrder = new HashMap<>();
        private final List<String> faults = new ArrayList<>();
        private final Set<String> reasons = new HashSet<>();
        private final Set<Identity> identities = new HashSet<>();
        private long handled;
        private long duplicates;

        private record Identity(String messageId, String type, JsonNode content) {
        }

        void judge(List<HostileMessage> messages) throws IOException {
            Map<Integer, BrowsedMessage> dead = SOURCES.stream().flatMap(source -> bus.browse(source + "/$DeadLetterQueue").stream())
                .collect(Collectors.toMap(message -> (Integer) message.applicationProperties().get("case"), message -> message));
            Map<String, String> orders = new HashMap<>();
            tables.rows("SELECT order_id, status FROM inventory_orders")
                .forEach(row -> orders.put((String) row.get("order_id"), (String) row.get("status")));
            Set<String> done = new HashSet<>();
            tables.rows("SELECT causation_id FROM outbox WHERE message_type IN ('InventoryRestocked', 'InventoryAdjusted')")
                .forEach(row -> done.add((String) row.get("causation_id")));
            Set<UUID> inbox = inbox();
            Map<HostileMessage, JsonNode> accepted = new HashMap<>();
            for (HostileMessage message : messages) {
                JsonNode object = judge.accepted(message);
                if (message.intact() && object == null) {
                    faults.add("case " + message.index() + " is intact, but judged as not valid");
                }
                if (object != null) {
                    accepted.put(message, object);
                    aboutOrder.merge(object.path("orderId").asText(), 1, Integer::sum);
                }
            }
            assertThat(dead.keySet()).as("dead letters of messages that were not sent").isSubsetOf(messages.stream().map(HostileMessage::index).toList());
            for (HostileMessage message : messages) {
                BrowsedMessage letter = dead.get(message.index());
                handled += letter == null ? 1 : 0;
                if (message.hasIdOfItsOwn() && inbox.contains(inboxId(message)) == (letter != null)) {
                    faults.add("case " + message.index() + " is " + (letter == null ? "nowhere" : "in the inbox and in a dead-letter queue"));
                }
                duplicates += letter == null && message.hasReusedId()
                    && !identities.add(new Identity(message.message().getMessageId(), message.type(), accepted.get(message))) ? 1 : 0;
                String fault = letter == null ? faultOfHandled(message, accepted.get(message), orders, done) : faultOfDead(message, letter, accepted.get(message));
                if (fault != null) {
                    String body = new String(message.body());
                    faults.add("case " + message.index() + ", " + fault + ": Subject " + message.message().getSubject() + ", "
                        + message.message().getApplicationProperties() + ", " + body.substring(0, Math.min(300, body.length())));
                }
            }
        }

        private String faultOfDead(HostileMessage message, BrowsedMessage letter, JsonNode accepted) {
            String reason = letter.deadLetterReason() + ": " + letter.deadLetterErrorDescription();
            reasons.add(reason);
            if (letter.deliveryCount() > 0) {
                return "dead-lettered after failed deliveries";
            }
            if (!reason.matches("(UnknownMessageType|MalformedBody|SchemaViolation|CommandRejected|MessageIdReused): \\P{Cntrl}{10,1100}")) {
                return "dead-lettered with the reason '" + reason + "'";
            }
            boolean rejected = accepted != null && accepted.has("productId") && HostileMessageJudge.mayBeRejected(accepted, HostileMessageJudge.MUCH)
                && letter.deadLetterReason().equals("CommandRejected");
            boolean reused = accepted != null && accepted.has("productId") && message.hasReusedId()
                && letter.deadLetterReason().equals("MessageIdReused");
            return accepted == null || rejected || reused ? null : "valid, but dead-lettered with the reason '" + reason + "'";
        }

        private String faultOfHandled(HostileMessage message, JsonNode accepted, Map<String, String> orders, Set<String> done) {
            if (accepted == null) {
                return "not valid, but handled";
            }
            // Decided by the type: a command may have any additional field.
            if (List.of("RestockInventory", "AdjustInventory").contains(message.type())) {
                return done.contains(message.message().getMessageId().replace("\0", "")) ? null : "handled without an event";
            }
            String status = orders.get(accepted.path("orderId").textValue());
            List<String> right = HostileMessageJudge.statuses(message.type(), accepted, STOCK);
            return status != null && (right.contains(status) || aboutOrder.get(accepted.path("orderId").textValue()) > 1) ? null
                : "handled, and its order is " + status + " instead of " + right;
        }
    }

    /** Checks at each node after the normalisation whether application properties have reached it. */
    static class Onlooker implements InterceptStrategy {

        private static final Set<String> LEAKS = ConcurrentHashMap.newKeySet();

        @Override
        public Processor wrapProcessorInInterceptors(CamelContext camel, NamedNode node, Processor target, Processor next) {
            return new DelegateAsyncProcessor(target) {
                @Override
                public boolean process(Exchange exchange, AsyncCallback callback) {
                    if (exchange.getProperty("message") != null) {
                        Stream.of(exchange.getMessage().getHeaders(), exchange.getVariables(), exchange.getProperties())
                            .flatMap(map -> map.entrySet().stream())
                            .filter(entry -> hasCanary(entry.getKey(), entry.getValue()))
                            .forEach(entry -> LEAKS.add(node.getId() + " sees " + entry.getKey()));
                        if (hasCanary("body", exchange.getMessage().getBody())) {
                            LEAKS.add(node.getId() + " sees it in the body");
                        }
                    }
                    return super.process(exchange, callback);
                }
            };
        }

        private static boolean hasCanary(String name, Object value) {
            if (value instanceof Map<?, ?> map) {
                return map.entrySet().stream().anyMatch(entry -> hasCanary(String.valueOf(entry.getKey()), entry.getValue()));
            }
            if (value instanceof List<?> list) {
                return list.stream().anyMatch(element -> hasCanary(name, element));
            }
            // The sent body is large, and contains no properties.
            return !name.equals("messageBody") && (name + value).contains(HostileMessage.CANARY);
        }
    }

    /** Receives the worker's log lines instead of the console. */
    private static final class LogLines extends AppenderBase<ILoggingEvent> {

        private final Logger logger = (Logger) LoggerFactory.getLogger("ecommerce.inventory");
        private final ConcurrentLinkedQueue<String> forged = new ConcurrentLinkedQueue<>();

        void attach() {
            start();
            logger.setAdditive(false);
            logger.addAppender(this);
        }

        void detach() {
            logger.detachAppender(this);
            logger.setAdditive(true);
        }

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getFormattedMessage().chars().anyMatch(Character::isISOControl)) {
                forged.add(event.getLoggerName() + ": " + event.getFormattedMessage());
            }
        }

        List<String> forged() {
            return forged.stream().limit(3).toList();
        }
    }
}
