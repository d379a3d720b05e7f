package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Waiting;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.azure.servicebus.ServiceBusConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

/**
 * The state machine of an order: every sequence of up to three of its events, in every order and with repeats, for an
 * order that is in stock and for one that is not. Events arrive at {@code direct:inbox}, as from the subscriptions.
 */
@Tag("plain-camel")
@WorkerTest
// The test starts the expiry. The rest is the same as in QueryApiTest, so that both share a worker.
@TestPropertySource(properties = {"inventory.api.query-timeout=1", "inventory.reservation.expiry-schedule=0 0 0 1 1 ? 2099"})
class OrderLifeCycleTest {

    private static final int LONGEST_SEQUENCE = 3;
    private static final int STOCK = 10;
    private static final int ORDERED = 4;

    private enum Event { CREATED, PAID, PAYMENT_FAILED, REFUNDED, CANCELLED, EXPIRY }

    /**
     * The rules: for each status, the next status by event. If there are two, the second is for an order of more than the
     * stock. {@code -} is an unknown order, {@code =} no change, {@code !} a status that was reached before OrderCreated
     * arrived.
     */
    private static final Map<String, List<String>> RULES = rules("""
        status          | CREATED               | PAID                   | PAYMENT_FAILED  | REFUNDED  | CANCELLED  | EXPIRY
        -               | Reserved/Insufficient | Paid!                  | PaymentFailed!  | Refunded! | Cancelled! | =
        Paid!           | Committed/Insufficient| =                      | =               | Refunded! | Cancelled! | =
        PaymentFailed!  | PaymentFailed         | Paid!                  | =               | Refunded! | Cancelled! | =
        Refunded!       | Refunded              | =                      | =               | =         | Cancelled! | =
        Cancelled!      | Cancelled             | =                      | =               | =         | =          | =
        Reserved        | =                     | Committed              | PaymentFailed   | Refunded  | Cancelled  | Expired
        Committed       | =                     | =                      | =               | Refunded  | Cancelled  | =
        PaymentFailed   | =                     | Committed/Insufficient | =               | Refunded  | Cancelled  | =
        Expired         | =                     | Committed              | =               | Refunded  | Cancelled  | =
        Insufficient    | =                     | =                      | =               | Refunded  | Cancelled  | =
        Refunded        | =                     | =                      | =               | =         | Cancelled  | =
        Cancelled       | =                     | =                      | =               | =         | =          | =
        """);

    @Autowired
    private ProducerTemplate sender;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private Invariants invariants;

    private int orders;

    @BeforeEach
    void emptyTables() {
        tables.clear();
    }

    @Test
    void everySequenceOfEventsEndsInTheStateTheRulesSay() {
        List<List<Event>> sequences = sequences();
        assertThat(sequences).as("6 + 36 + 216").hasSize(258);
        for (List<Event> sequence : sequences) {
            for (boolean fits : new boolean[] {true, false}) {
                check(sequence, fits);
            }
        }
        invariants.assertHold();
        invariants.assertUnitsAdd();
        Waiting.await().untilAsserted(invariants::assertSummaryFollows);
    }

    /** The set of messages decides, not their order. This does not hold for the expiry, which the clock starts. */
    @Test
    void theOrderOfTheMessagesDoesNotMatter() {
        Map<Set<Event>, Set<String>> endings = sequences().stream()
            .filter(sequence -> !sequence.contains(Event.EXPIRY))
            .collect(Collectors.groupingBy(EnumSet::copyOf,
                Collectors.mapping(sequence -> expected(sequence, true), Collectors.toSet())));
        assertThat(endings).hasSize(25).allSatisfy((events, endStates) -> assertThat(endStates).as("after %s", events).hasSize(1));
    }

    @ParameterizedTest
    @EnumSource(names = {"PAID", "PAYMENT_FAILED", "REFUNDED", "CANCELLED"})
    void aMessageThatComesTwiceIsHandledOnce(Event event) {
        tables.stock("a", STOCK);
        deliver(Event.CREATED, "order", ORDERED, UUID.randomUUID());
        UUID messageId = UUID.randomUUID();
        deliver(event, "order", ORDERED, messageId);
        List<Map<String, Object>> before = tables.rows("SELECT * FROM outbox ORDER BY sequence");

        deliver(event, "order", ORDERED, messageId);

        assertThat(tables.rows("SELECT message_id FROM outbox ORDER BY sequence")).as("no more events").hasSameSizeAs(before);
        assertThat(tables.count("inbox")).as("the order and one more message").isEqualTo(2);
    }

    /** Runs one sequence for an order and a product of its own, and compares order, stock and events with the rules. */
    private void check(List<Event> sequence, boolean fits) {
        String order = "order-" + ++orders;
        tables.stock(order, STOCK);
        int quantity = fits ? ORDERED : STOCK + 1;

        sequence.forEach(event -> deliver(event, order, quantity, UUID.randomUUID()));

        String what = sequence + (fits ? "" : ", too large");
        String state = expected(sequence, fits);
        assertThat(tables.statusOf(order)).as(what).isEqualTo(state.equals("-") ? null : state.replace("!", ""));
        assertThat(tables.stockOf(order).replaceFirst(", version.*", "")).as(what).isEqualTo(switch (state) {
            case "Reserved" -> "6 available, 4 reserved";
            case "Committed" -> "6 available, 0 reserved";
            default -> "10 available, 0 reserved";
        });
        assertThat(tables.rows("SELECT status FROM inventory_reservations WHERE order_id = ?", order).toString()).as(what).isIn(switch (state) {
            case "Reserved", "Committed" -> List.of("[{status=" + state + "}]");
            // Or it never had a reservation.
            default -> List.of("[{status=Released}]", "[]");
        });
        assertThat(published(order)).as(what).isEqualTo(expectedEvents(sequence, fits));
    }

    /** The types of an order's events, with their reasons, in the order of the outbox. */
    private List<String> published(String order) {
        return jdbc.queryForList("SELECT concat_ws(' ', message_type, message_body ->> 'reason') FROM outbox "
            + "WHERE partition_key = ? ORDER BY sequence", String.class, order);
    }

    /** The events that the rules expect at each change of state. */
    private static List<String> expectedEvents(List<Event> sequence, boolean fits) {
        List<String> events = new ArrayList<>();
        String state = "-";
        for (Event event : sequence) {
            String next = next(state, event, fits);
            boolean held = state.equals("Reserved") || state.equals("Committed");
            if (!next.equals(state)) {
                switch (next) {
                    case "Reserved" -> events.add("InventoryReserved");
                    case "Committed" -> events.addAll(held ? List.of("InventoryCommitted") : List.of("InventoryReserved", "InventoryCommitted"));
                    case "Insufficient" -> events.add("InventoryInsufficient");
                    case "PaymentFailed", "Expired" -> events.addAll(held ? List.of("InventoryReleased " + next) : List.of());
                    case "Cancelled" -> events.addAll(held ? List.of("InventoryReleased OrderCancelled") : List.of());
                    case "Refunded" -> events.addAll(held ? List.of("InventoryReleased PaymentRefunded") : List.of());
                    default -> { }
                }
            }
            state = next;
        }
        return events;
    }

    private static String expected(List<Event> sequence, boolean fits) {
        String state = "-";
        for (Event event : sequence) {
            state = next(state, event, fits);
        }
        return state;
    }

    private static String next(String state, Event event, boolean fits) {
        String[] rule = RULES.get(state).get(event.ordinal()).split("/");
        String next = rule[fits ? 0 : rule.length - 1];
        return next.equals("=") ? state : next;
    }

    /** All sequences of one to three events. */
    private static List<List<Event>> sequences() {
        List<List<Event>> all = new ArrayList<>();
        List<List<Event>> ofLength = List.of(List.of());
        for (int length = 1; length <= LONGEST_SEQUENCE; length++) {
            ofLength = ofLength.stream().flatMap(sequence -> Arrays.stream(Event.values())
                .map(event -> Stream.concat(sequence.stream(), Stream.of(event)).toList())).toList();
            all.addAll(ofLength);
        }
        return all;
    }

    private static Map<String, List<String>> rules(String table) {
        Map<String, List<String>> rules = new TreeMap<>();
        table.lines().skip(1).map(line -> Arrays.stream(line.split("\\|")).map(String::strip).toList())
            .forEach(row -> rules.put(row.get(0), row.subList(1, row.size())));
        return rules;
    }

    /** Has the worker handle an event of an order, whose only product has the order's id. */
    private void deliver(Event event, String order, int quantity, UUID messageId) {
        String product = order.equals("order") ? "a" : order;
        switch (event) {
            case CREATED -> receive("OrderCreated", messageId,
                "{\"orderId\": \"%s\", \"items\": [{\"productId\": \"%s\", \"quantity\": %s}]}".formatted(order, product, quantity));
            case PAID -> receive("PaymentProcessed", messageId, "{\"orderId\": \"%s\", \"status\": \"%s\"}".formatted(order,
                orders % 2 == 0 ? "Authorized" : "Captured"));
            case PAYMENT_FAILED -> {
                if (orders % 2 == 0) {
                    receive("PaymentFailed", messageId, "{\"orderId\": \"%s\"}".formatted(order));
                } else {
                    receive("PaymentProcessed", messageId, "{\"orderId\": \"%s\", \"status\": \"Failed\"}".formatted(order));
                }
            }
            case REFUNDED -> receive("PaymentProcessed", messageId, "{\"orderId\": \"%s\", \"status\": \"Refunded\"}".formatted(order));
            case CANCELLED -> receive("OrderCancelled", messageId, "{\"orderId\": \"%s\", \"reason\": \"changed my mind\"}".formatted(order));
            case EXPIRY -> {
                jdbc.update("UPDATE inventory_reservations SET expires_at = now() WHERE order_id = ?", order);
                assertThat(sender.send("direct:expire-batch", exchange ->
                    Map.of("batchSize", 100, "since", "-infinity", "lockedProducts", "[]").forEach(exchange::setVariable)).getException()).isNull();
            }
        }
    }

    private void receive(String type, UUID messageId, String body) {
        Exchange handled = sender.send("direct:inbox", exchange -> {
            exchange.setVariable("acceptedTypes", type);
            exchange.getMessage().setHeader(ServiceBusConstants.SUBJECT, type);
            exchange.getMessage().setHeader(ServiceBusConstants.MESSAGE_ID, messageId.toString());
            exchange.getMessage().setBody(body);
        });
        assertThat(handled.getException()).isNull();
    }
}
