package ecommerce.inventory.tracing;

import ecommerce.inventory.text.UntrustedText;
import org.slf4j.MDC;

/**
 * The fields of log lines while a message is in flight: {@code messageId} as its sender set it, and {@code orderId} once it is read.
 * ({@code traceId} and {@code spanId} come from the current span.)
 */
public final class LogFields {

    private static final String MESSAGE_ID = "messageId";
    private static final String ORDER_ID = "orderId";

    private LogFields() {
    }

    /** Sets them in the current thread, until they are cleared. A null is left out. */
    public static void put(String messageId, String orderId) {
        putUnlessNull(MESSAGE_ID, messageId);
        putUnlessNull(ORDER_ID, orderId);
    }

    public static void clear() {
        MDC.remove(MESSAGE_ID);
        MDC.remove(ORDER_ID);
    }

    private static void putUnlessNull(String name, String value) {
        if (value != null) {
            MDC.put(name, UntrustedText.printable(value));
        }
    }
}
