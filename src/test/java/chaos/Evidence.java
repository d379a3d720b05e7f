package chaos;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import chaos.Receiver.Event;
import ecommerce.inventory.support.Invariants;
import org.springframework.jdbc.core.JdbcTemplate;

/** Compares what the load has sent with the tables, the broker and the received events, after all work is done. */
final class Evidence {

    private static final int EXAMPLES = 5;

    private final Book book;
    private final JdbcTemplate jdbc;
    private final Map<String, String> deadLetters;
    /** Each event once, in the broker's order; repeated events count at their first place. */
    private final Map<String, Event> events = new LinkedHashMap<>();
    private final List<Figure> figures = new ArrayList<>();

    /**
     * @param measured   what was compared, with numbers
     * @param violations the differences that were found
     */
    record Figure(String invariant, String measured, List<String> violations) {

        @Override
        public String toString() {
            return invariant + ": " + violations.size() + " (" + measured + ") " + violations.stream().limit(EXAMPLES).toList();
        }
    }

    /** @param deadLetters of all entities: reason by MessageId */
    Evidence(Book book, JdbcTemplate jdbc, List<Event> received, Map<String, String> deadLetters) {
        this.book = book;
        this.jdbc = jdbc;
        this.deadLetters = new HashMap<>(deadLetters);
        received.forEach(event -> events.putIfAbsent(event.messageId(), event));
    }

    List<Figure> figures() {
        messages();
        deadLetters();
        outcomes();
        once();
        commands();
        units();
        outbox();
        statuses();
        new Invariants(jdbc).differences().forEach((what, rows) -> figure(what, "tables", rows.stream().map(String::valueOf).toList()));
        return figures;
    }

    private void figure(String invariant, String measured, Collection<String> violations) {
        figures.add(new Figure(invariant, measured, List.copyOf(violations)));
    }

    private void messages() {
        Set<String> done = new HashSet<>(jdbc.queryForList("SELECT CAST(message_id AS text) FROM inbox WHERE processed_at IS NOT NULL", String.class));
        Set<String> lost = new HashSet<>(book.messages.keySet());
        lost.removeAll(done);
        figure("messages lost", book.messages.size() + " sent, " + done.size() + " done", lost);
        done.removeAll(book.messages.keySet());
        figure("messages done that were never sent", "inbox", done);
    }

    private void deadLetters() {
        Map<String, Long> reasons = book.poison.values().stream().collect(Collectors.groupingBy(reason -> reason, Collectors.counting()));
        List<String> wrong = new ArrayList<>();
        // A command that was parked during an outage, and rejected at a retry.
        List<String> deadInInbox = jdbc.queryForList("SELECT CAST(message_id AS text) FROM inbox WHERE dead_at IS NOT NULL", String.class);
        deadInInbox.forEach(id -> {
            String earlier = deadLetters.put(id, "CommandRejected");
            if (earlier != null) {
                wrong.add(id + " is dead in the inbox and " + earlier);
            }
        });
        book.poison.forEach((id, reason) -> {
            if (!reason.equals(deadLetters.get(id))) {
                wrong.add(id + " is " + deadLetters.get(id) + ", and should be " + reason);
            }
        });
        deadLetters.forEach((id, reason) -> {
            if (!book.poison.containsKey(id)) {
                wrong.add(id + " (" + book.messages.get(id) + ") is " + reason);
            }
        });
        figure("dead letters other than the poison, or poison that is not dead-lettered", book.poison.size() + " of poison " + reasons + ", "
            + (deadLetters.size() - deadInInbox.size()) + " dead-lettered, " + deadInInbox.size() + " dead in the inbox", wrong);
    }

    /** Each order has one outcome. */
    private void outcomes() {
        Map<String, String> statuses = statusByOrder();
        Map<String, List<Event>> byOrder = events.values().stream().filter(event -> event.body().has("orderId"))
            .collect(Collectors.groupingBy(Event::orderId));
        Map<String, Integer> outcomes = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        book.orders.forEach((orderId, order) -> {
            String outcome = outcome(order, byOrder.getOrDefault(orderId, List.of()), statuses.get(orderId));
            if (outcome == null) {
                wrong.add(orderId + " is " + statuses.get(orderId) + " with " + byOrder.get(orderId));
            } else {
                outcomes.merge(outcome, 1, Integer::sum);
            }
        });
        figure("orders without one outcome", book.orders.size() + " orders in, outcomes " + outcomes, wrong);
        Set<String> unknown = new HashSet<>(byOrder.keySet());
        unknown.removeAll(book.orders.keySet());
        figure("orders that were never sent", "events", unknown);
    }

    private static String outcome(Book.Order order, List<Event> published, String status) {
        if (published.isEmpty()) {
            return Set.of("Cancelled", "Refunded", "PaymentFailed").contains(String.valueOf(status)) ? "ended before it came" : null;
        }
        if (published.get(0).type().equals("InventoryInsufficient")) {
            return published.stream().allMatch(event -> event.type().equals("InventoryInsufficient")) ? "insufficient" : null;
        }
        Set<String> reserved = published.stream().limit(order.products().size()).filter(event -> event.type().equals("InventoryReserved"))
            .map(Event::productId).collect(Collectors.toSet());
        return reserved.equals(order.products()) ? "reserved" : null;
    }

    /** The events of an order line alternate: reserved, then committed or released. */
    private void once() {
        Map<String, String> last = new HashMap<>();
        List<String> twice = new ArrayList<>();
        events.values().stream().filter(event -> event.body().has("orderId")).forEach(event -> {
            String line = event.orderId() + " " + event.productId();
            String before = String.valueOf(last.put(line, event.type()));
            Set<String> allowed = switch (event.type()) {
                case "InventoryReserved" -> Set.of("null", "InventoryReleased");
                case "InventoryInsufficient" -> Set.of("null", "InventoryReleased");
                case "InventoryCommitted" -> Set.of("InventoryReserved");
                case "InventoryReleased" -> Set.of("InventoryReserved", "InventoryCommitted");
                default -> Set.of();
            };
            if (!allowed.contains(before)) {
                twice.add(line + ": " + event.type() + " after " + before);
            }
        });
        figure("lines of orders done twice", last.size() + " lines", twice);
    }

    private void commands() {
        Map<String, Long> published = events.values().stream().filter(event -> !event.body().has("orderId"))
            .collect(Collectors.groupingBy(event -> String.valueOf(event.causationId()), Collectors.counting()));
        List<String> ids = book.messages.entrySet().stream().filter(message -> message.getValue().matches("RestockInventory|AdjustInventory"))
            .map(Map.Entry::getKey).toList();
        figure("commands not done exactly once", ids.size() + " sent, " + published.values().stream().mapToLong(Long::longValue).sum() + " events",
            ids.stream().filter(id -> published.getOrDefault(id, 0L) != 1).map(id -> id + ": " + published.get(id) + " times").toList());
    }

    /** For each product: available + reserved + committed = initial + restocked + adjusted, by the record of the load. */
    private void units() {
        Map<String, Long> found = new HashMap<>();
        List<String> oversold = new ArrayList<>();
        jdbc.query("SELECT product_id, available_stock, reserved_stock, (SELECT coalesce(sum(quantity_reserved), 0) FROM inventory_reservations AS r "
            + "WHERE r.product_id = i.product_id AND r.status = 'Committed') AS committed FROM inventory AS i", row -> {
                String product = row.getString("product_id");
                found.put(product, row.getLong("available_stock") + row.getLong("reserved_stock") + row.getLong("committed"));
                if (row.getLong("available_stock") < 0
                    || row.getLong("reserved_stock") + row.getLong("committed") > book.units.getOrDefault(product, 0L)) {
                    oversold.add(product + ": " + row.getLong("available_stock") + " available");
                }
            });
        List<String> wrong = new ArrayList<>();
        book.units.forEach((product, units) -> {
            if (!units.equals(found.get(product))) {
                wrong.add(product + ": " + found.get(product) + " instead of " + units);
            }
        });
        figure("products oversold", found.size() + " products, of which one sells out", oversold);
        figure("products with too many or too few units", book.units.values().stream().mapToLong(Long::longValue).sum() + " units in, "
            + found.values().stream().mapToLong(Long::longValue).sum() + " found", wrong);
    }

    private void outbox() {
        List<Map<String, Object>> written = jdbc.queryForList(
            "SELECT CAST(message_id AS text) AS id, partition_key AS key FROM outbox ORDER BY sequence");
        Map<String, String> keys = new LinkedHashMap<>();
        written.forEach(row -> keys.put((String) row.get("id"), (String) row.get("key")));
        Set<String> lost = new HashSet<>(keys.keySet());
        lost.removeAll(events.keySet());
        figure("events lost", keys.size() + " in the outbox, " + events.size() + " received", lost);
        Set<String> untrue = new HashSet<>(events.keySet());
        untrue.removeAll(keys.keySet());
        figure("events without a commit", "events", untrue);

        Map<String, List<String>> inOutbox = new HashMap<>();
        keys.forEach((id, key) -> inOutbox.computeIfAbsent(key, k -> new ArrayList<>()).add(id));
        Map<String, List<String>> inBroker = new HashMap<>();
        events.keySet().stream().filter(keys::containsKey).forEach(id -> inBroker.computeIfAbsent(keys.get(id), k -> new ArrayList<>()).add(id));
        inOutbox.values().forEach(ids -> ids.removeAll(lost));
        figure("orders and products with events out of order", inOutbox.size() + " of them",
            inOutbox.keySet().stream().filter(key -> !inOutbox.get(key).equals(inBroker.getOrDefault(key, List.of()))).toList());
    }

    private void statuses() {
        Map<String, String> statuses = statusByOrder();
        figure("orders whose status does not follow from their messages",
            new TreeMap<>(statuses.values().stream().collect(Collectors.groupingBy(s -> s, Collectors.counting()))).toString(),
            book.orders.entrySet().stream().filter(order -> !order.getValue().mayEndAs(String.valueOf(statuses.get(order.getKey()))))
                .map(order -> order.getKey() + " is " + statuses.get(order.getKey()) + " after " + order.getValue().events()).toList());
    }

    private Map<String, String> statusByOrder() {
        Map<String, String> statuses = new HashMap<>();
        jdbc.query("SELECT order_id, status FROM inventory_orders WHERE items IS NOT NULL", row -> {
            statuses.put(row.getString("order_id"), row.getString("status"));
        });
        return statuses;
    }
}
