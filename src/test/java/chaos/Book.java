package chaos;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** All that the load has sent. The worker is judged by this record, which does not depend on the worker. */
final class Book {

    enum Event { CREATED, PAID, PAYMENT_FAILED, REFUNDED, CANCELLED }

    /** Messages that the worker has to handle: type by MessageId. */
    final Map<String, String> messages = new ConcurrentHashMap<>();
    /** Messages that cannot be handled: expected DeadLetterReason by MessageId. */
    final Map<String, String> poison = new ConcurrentHashMap<>();
    final Map<String, Order> orders = new ConcurrentHashMap<>();
    /** Initial units of each product, plus and minus the units of commands. */
    final Map<String, Long> units = new ConcurrentHashMap<>();
    /** All sends. */
    final AtomicLong sends = new AtomicLong();
    /** Sends that repeat a MessageId. */
    final AtomicLong repeats = new AtomicLong();
    /** A second OrderCreated of an order, with another MessageId. */
    final AtomicLong repeatedOrders = new AtomicLong();

    /** @param products ids of the ordered products */
    record Order(Set<String> products, Set<Event> events) {

        Order(Set<String> products) {
            this(products, EnumSet.of(Event.CREATED));
        }

        /** Whether a status is possible after all its messages and its expiry, in whichever order these took effect. */
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
