package ecommerce.inventory.tracing;

import java.util.regex.Pattern;

import org.slf4j.MDC;

/**
 * The fields that lines of the log carry while a message is in work: {@code messageId} as its sender gave it, and
 * {@code orderId} once it is read. ({@code traceId} and {@code spanId} come from the current span.)
 */
public final class LogFields {

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cs}\\u0080-\\u009F\\u2028\\u2029]");

    private static final String MESSAGE_ID = "messageId";
    private static final String ORDER_ID = "orderId";

    private LogFields() {
    }

    /** In the current thread, until they are cleared. One that is null is left out. */
    public static void put(String messageId, String orderId) {
        putUnlessNull(MESSAGE_ID, messageId);
        putUnlessNull(ORDER_ID, orderId);
    }

    public static void clear() {
        MDC.remove(MESSAGE_ID);
        MDC.remove(ORDER_ID);
    }

    /**
     * Text of a stranger as it may be in the log and in a dead letter: with "?" for what would begin a line of its own, and for half
     * of a surrogate pair, of which a cut leaves one and which cannot be sent to the broker.
     */
    public static String printable(String text) {
        return text == null ? null : UNPRINTABLE.matcher(text).replaceAll("?");
    }

    private static void putUnlessNull(String name, String value) {
        if (value != null) {
            MDC.put(name, printable(value));
        }
    }
}
