package chaos;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What the load has sent: what the worker is measured by, and owes nothing to it. */
final class Book {

    enum Event { CREATED, PAID, PAYMENT_FAILED, REFUNDED, CANCELLED }

    /** Messages that are to be handled, type by MessageId. */
    final Map<String, String> messages = new ConcurrentHashMap<>();
    /** Messages that no one can handle, expected DeadLetterReason by MessageId. */
    final Map<String, String> poison = new ConcurrentHashMap<>();
    final Map<String, Order> orders = new ConcurrentHashMap<>();
    /** Units that each product began with, and that commands have added and taken. */
    final Map<String, Long> units = new ConcurrentHashMap<>();
    /** Sends of all kinds. */
    final AtomicLong sends = new AtomicLong();
    /** Sends of a MessageId that was sent before. */
    final AtomicLong repeats = new AtomicLong();
    /** OrderCreated for an order that had one, under a MessageId of its own. */
    final AtomicLong repeatedOrders = new AtomicLong();

    /** @param products that it asks for */
    record Order(Set<String> products, Set<Event> events) {

        Order(Set<String> products) {
            this(products, EnumSet.of(Event.CREATED));
        }

        /** Whether it may be so when it has neither a message nor time to come, whatever the order in which its messages took effect. */
        boolean mayEndAs(String status) {
            if (events.contains(Event.CANCELLED)) {
                return status.equals("Cancelled");
            }
            if (events.contains(Event.REFUNDED)) {
                return status.equals("Refunded");
            }
            if (events.contains(Event.PAID)) {
                return status.equals("Committed") || status.equals("Insufficient");
            }
            return switch (status) {
                case "Insufficient", "Expired" -> true;
                case "PaymentFailed" -> events.contains(Event.PAYMENT_FAILED);
                default -> false;
            };
        }
    }
}
