package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/**
 * 6,000 events ({@code -Drandom-walk.events}) of 500 orders for 20 products, shuffled, a fifth of them sent twice, while every
 * twentieth transaction of a message fails at its commit; with one worker, and with two that share the work. In the end every
 * unit is accounted for, and every order has a status that its events allow.
 */
class RandomWalkTest {

    private static final long SEED = 20261123;
    private static final int EVENTS = Integer.getInteger("random-walk.events", 6_000);
    private static final int COMMANDS = EVENTS / 20;
    private static final int ORDERS = 500;
    private static final int PRODUCTS = 20;
    /** Less than all orders want, so that some orders are short. */
    private static final int STOCK = 60;
    private static final int DUPLICATE_PERCENT = 20;

    private enum Event { CREATED, PAID, PAYMENT_FAILED, REFUNDED, CANCELLED, EXPIRY }

    private final Random random = new Random(SEED);
    /** The events of each order; their number and time are random. */
    private final Map<String, Set<Event>> events = new TreeMap<>();
    private final List<ServiceBusMessage> orderMessages = new ArrayList<>();
    private final List<ServiceBusMessage> paymentMessages = new ArrayList<>();
    private final List<ServiceBusMessage> commandMessages = new ArrayList<>();
    private final Deque<String> expiries = new ArrayDeque<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyOrderEndsAsItsEventsAllowAndEveryUnitIsAccountedFor(int workers) throws Exception {
        drawEvents();
        String database = Backend.createDatabase();
        List<ConfigurableApplicationContext> running = new ArrayList<>();
        try (EmbeddedServiceBus bus = Backend.startBus(null);
                Closeable stop = () -> running.forEach(ConfigurableApplicationContext::close)) {
            for (int i = 0; i < workers; i++) {
                running.add(Worker.start(database, bus, "inventory.inbox.max-retries=1", "inventory.inbox.retry-delay=PT0.01S",
                    "inventory.inbox.parked-delay=PT0.5S", "inventory.inbox.parked-delay-max=PT1S", "inventory.inbox.max-attempts=1000",
                    "inventory.reservation.expiry-schedule=* * * * * ?", "inventory.reservation.expiry-batch-size=20"));
            }
            List<AtomicLong> handled = running.stream().map(RandomWalkTest::countMessages).toList();
            // Not the worker's pool, in which its messages wait too.
            JdbcTemplate jdbc = new JdbcTemplate(new SingleConnectionDataSource(database, "postgres", "", true));
            Tables tables = new Tables(jdbc);
            IntStream.range(0, PRODUCTS).forEach(product -> tables.stock("product-" + product, STOCK));
            failEveryTwentiethCommit(jdbc);

            ShopDriver shop = new ShopDriver(bus);
            shop.send(withDuplicates(orderMessages));
            shop.sendPayments(withDuplicates(paymentMessages));
            shop.sendCommands(withDuplicates(commandMessages));
            await().atMost(Duration.ofMinutes(5)).until(() -> {
                expireSome(jdbc);
                return expiries.isEmpty() && bus.counts(ShopDriver.SUBSCRIPTION).active() + bus.counts(ShopDriver.PAYMENTS).active()
                    + bus.counts(ShopDriver.COMMANDS).active() + tables.count("inbox WHERE processed_at IS NULL")
                    + tables.count("inventory_reservations WHERE status = 'Reserved' AND expires_at <= now()")
                    + tables.count("outbox WHERE published_at IS NULL") + tables.count("outbox_unprojected") == 0;
            });

            assertNothingLostAndNothingTwice(bus, shop, tables);
            assertEveryOrderIsInAStateThatItsEventsAllow(tables);
            assertEventsTellWhatHappened(shop, jdbc);
            Invariants invariants = new Invariants(jdbc);
            invariants.assertHold();
            invariants.assertUnitsAdd();
            invariants.assertSummaryFollows();
            assertRebuildGivesTheSame(running.get(0), tables);
            assertThat(handled).as("messages that each worker has handled").allSatisfy(count -> assertThat(count).hasPositiveValue());
            shop.destroy();
        }
    }

    private void drawEvents() {
        List<Map.Entry<String, Event>> drawn = new ArrayList<>();
        for (int i = 0; i < ORDERS; i++) {
            Set<Event> kinds = EnumSet.noneOf(Event.class);
            int[] percent = {95, 50, 30, 10, 15, 30};
            for (Event event : Event.values()) {
                if (random.nextInt(100) < percent[event.ordinal()]) {
                    kinds.add(event);
                }
            }
            if (kinds.isEmpty()) {
                kinds.add(Event.CREATED);
            }
            String orderId = "order-" + i;
            events.put(orderId, kinds);
            // Each kind at least once, the rest at random.
            List<Event> kindsOfOrder = List.copyOf(kinds);
            for (int event = 0; event < (EVENTS - COMMANDS) / ORDERS; event++) {
                drawn.add(Map.entry(orderId, kindsOfOrder.get(event < kinds.size() ? event : random.nextInt(kinds.size()))));
            }
        }
        Collections.shuffle(drawn, random);
        Map<String, String[]> lines = new HashMap<>();
        drawn.forEach(event -> add(event.getKey(), event.getValue(), lines.computeIfAbsent(event.getKey(), order -> drawLines())));
        for (int i = 0; i < COMMANDS; i++) {
            String product = "product-" + random.nextInt(PRODUCTS);
            commandMessages.add(i % 2 == 0
                ? ShopDriver.commandMessage("RestockInventory", "{\"productId\":\"" + product + "\",\"quantityToAdd\":1}")
                : ShopDriver.commandMessage("AdjustInventory", "{\"productId\":\"" + product + "\",\"quantityChange\":" + (random.nextBoolean() ? -2 : 1) + ",\"reason\":\"r\"}"));
        }
    }

    private String[] drawLines() {
        return random.ints(1 + random.nextInt(4), 0, PRODUCTS).mapToObj(product -> 1 + random.nextInt(3) + " product-" + product).toArray(String[]::new);
    }

    private void add(String orderId, Event event, String[] lines) {
        switch (event) {
            case CREATED -> orderMessages.add(order(orderId, lines));
            case CANCELLED -> orderMessages.add(about(orderId, "OrderCancelled"));
            case PAID -> paymentMessages.add(about(orderId, "PaymentProcessed", random.nextBoolean() ? "Authorized" : "Captured"));
            case REFUNDED -> paymentMessages.add(about(orderId, "PaymentProcessed", "Refunded"));
            case PAYMENT_FAILED -> paymentMessages.add(random.nextBoolean() ? about(orderId, "PaymentFailed") : about(orderId, "PaymentProcessed", "Failed"));
            case EXPIRY -> expiries.add(orderId);
        }
    }

    private ServiceBusMessage[] withDuplicates(List<ServiceBusMessage> messages) {
        List<ServiceBusMessage> sent = new ArrayList<>(messages);
        sent.addAll(messages.stream().filter(message -> random.nextInt(100) < DUPLICATE_PERCENT).toList());
        Collections.shuffle(sent, random);
        return sent.toArray(ServiceBusMessage[]::new);
    }

    /** Makes some reservations expire, except those that a transaction has locked. */
    private void expireSome(JdbcTemplate jdbc) {
        for (int i = 0; i < 20 && !expiries.isEmpty(); i++) {
            jdbc.update("UPDATE inventory_reservations SET expires_at = now() WHERE reservation_id IN (SELECT reservation_id "
                + "FROM inventory_reservations WHERE order_id = ? AND status = 'Reserved' FOR UPDATE SKIP LOCKED)", expiries.remove());
        }
    }

    /** Fails like a serialization failure, which rolls back the whole transaction. */
    private static void failEveryTwentiethCommit(JdbcTemplate jdbc) {
        jdbc.execute("CREATE SEQUENCE commits");
        jdbc.execute("""
            CREATE FUNCTION fail_every_twentieth_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('commits') % 20 = 0 THEN
                    RAISE serialization_failure USING MESSAGE = 'injected';
                END IF;
                RETURN NULL;
            END $$""");
        jdbc.execute("""
            CREATE CONSTRAINT TRIGGER fail_every_twentieth_commit AFTER INSERT OR UPDATE ON inbox DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.processed_at IS NOT NULL) EXECUTE FUNCTION fail_every_twentieth_commit()""");
    }

    private static AtomicLong countMessages(ConfigurableApplicationContext worker) {
        AtomicLong count = new AtomicLong();
        try {
            AdviceWith.adviceWith(worker.getBean(CamelContext.class), "inbox-attempts",
                route -> route.weaveById("to-transaction").before().process(exchange -> count.incrementAndGet()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return count;
    }

    private void assertNothingLostAndNothingTwice(EmbeddedServiceBus bus, ShopDriver shop, Tables tables) {
        // If a command was sent twice, the first may arrive too early and be rejected, and the second succeed.
        long rejected = bus.browse(ShopDriver.COMMANDS + "/$DeadLetterQueue").stream().map(BrowsedMessage::messageId).distinct()
            .filter(id -> tables.count("inbox WHERE message_id = '" + id + "'") == 0).count();
        assertThat(tables.count("inbox")).as("each message once, except for rejected commands")
            .isEqualTo(orderMessages.size() + paymentMessages.size() + commandMessages.size() - rejected);
        assertThat(tables.count("inbox WHERE dead_at IS NOT NULL")).isZero();
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(bus.browse(ShopDriver.PAYMENTS + "/$DeadLetterQueue")).isEmpty();
        assertThat(tables.count("outbox WHERE message_type IN ('InventoryRestocked', 'InventoryAdjusted')")).isEqualTo(commandMessages.size() - rejected);
        assertThat(tables.count("inbox WHERE retry_count > 0")).as("some were parked").isPositive();
        assertThat((Long) tables.row("SELECT last_value FROM commits").get("last_value")).as("attempted commits, every twentieth of which failed")
            .isGreaterThan(tables.count("inbox"));
        assertThat(tables.row("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")).containsEntry("deadlocks", 0L);
    }

    private void assertEveryOrderIsInAStateThatItsEventsAllow(Tables tables) {
        Map<String, Long> states = new TreeMap<>();
        events.forEach((orderId, kinds) -> {
            String status = String.valueOf(tables.statusOf(orderId));
            assertThat(allowed(kinds)).as("%s after %s", orderId, kinds).contains(status);
            states.merge(status, 1L, Long::sum);
        });
        assertThat(states.keySet()).as("each final status occurs").contains(
            "Reserved", "Committed", "Insufficient", "PaymentFailed", "Expired", "Refunded", "Cancelled", "Paid");
    }

    private static List<String> allowed(Set<Event> kinds) {
        if (kinds.contains(Event.CANCELLED)) {
            return List.of("Cancelled");
        }
        if (kinds.contains(Event.REFUNDED)) {
            return List.of("Refunded");
        }
        if (!kinds.contains(Event.CREATED)) {
            return List.of(kinds.contains(Event.PAID) ? "Paid" : kinds.contains(Event.PAYMENT_FAILED) ? "PaymentFailed" : "null");
        }
        if (kinds.contains(Event.PAID)) {
            return List.of("Committed", "Insufficient");
        }
        List<String> allowed = new ArrayList<>(List.of("Insufficient"));
        allowed.add(kinds.contains(Event.PAYMENT_FAILED) ? "PaymentFailed" : "Reserved");
        if (kinds.contains(Event.EXPIRY)) {
            allowed.add("Expired");
        }
        return allowed;
    }

    private void assertEventsTellWhatHappened(ShopDriver shop, JdbcTemplate jdbc) {
        List<Map<String, Object>> outbox = jdbc.queryForList("SELECT CAST(message_id AS text) AS id, partition_key, message_type, "
            + "message_body ->> 'productId' AS product FROM outbox ORDER BY sequence");
        Map<String, String> keys = outbox.stream().collect(Collectors.toMap(event -> (String) event.get("id"), event -> (String) event.get("partition_key")));
        List<BrowsedMessage> published = shop.events();
        assertThat(published).extracting(BrowsedMessage::messageId).doesNotHaveDuplicates().hasSize(outbox.size());
        assertThat(published.stream().collect(Collectors.groupingBy(event -> keys.get(event.messageId()),
            Collectors.mapping(BrowsedMessage::messageId, Collectors.toList()))))
            .as("published in the order of the outbox, per order").isEqualTo(outbox.stream().collect(Collectors.groupingBy(event -> (String) event.get("partition_key"),
                Collectors.mapping(event -> (String) event.get("id"), Collectors.toList()))));

        Map<String, String> last = new TreeMap<>();
        outbox.stream().filter(event -> event.get("message_type").toString().matches("Inventory(Reserved|Released|Committed)"))
            .forEach(event -> last.put(event.get("partition_key") + " " + event.get("product"), event.get("message_type").toString().substring("Inventory".length())));
        assertThat(last).as("the last event of each reservation is its status").isEqualTo(new TreeMap<>(
            jdbc.queryForList("SELECT order_id || ' ' || product_id AS reservation, status FROM inventory_reservations").stream()
                .collect(Collectors.toMap(row -> (String) row.get("reservation"), row -> (String) row.get("status")))));
        assertThat(jdbc.queryForList("SELECT * FROM outbox WHERE message_type = 'InventoryInsufficient' "
            + "AND CAST(message_body ->> 'availableStock' AS integer) >= CAST(message_body ->> 'requestedQuantity' AS integer)")).isEmpty();
    }

    private static void assertRebuildGivesTheSame(ConfigurableApplicationContext worker, Tables tables) {
        String summary = "SELECT to_jsonb(s) - 'folded_at' AS row FROM inventory_summary AS s ORDER BY product_id";
        List<Map<String, Object>> folded = tables.rows(summary);
        assertThat(worker.getBean(ProducerTemplate.class).requestBody("direct:rebuild-summary", null, Long.class)).isEqualTo(PRODUCTS);
        assertThat(tables.rows(summary)).isEqualTo(folded);
    }
}
