package ecommerce.inventory.servicebus;

import java.util.Date;
import java.util.Map;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.Properties;

/**
 * What the sender wrote: immutable, so the subscriptions of a topic share one. The sections are kept as they came
 * and are sent on byte for byte; what the broker decides on is decoded beside them.
 *
 * @param timeToLive milliseconds, {@link #UNLIMITED} when the sender set none
 * @param annotations the sender's message annotations without those only the broker may set
 * @param body the body sections and the footer, encoded
 */
record MessageContent(boolean durable, byte priority, long timeToLive, Map<Symbol, Object> annotations,
        Properties properties, byte[] encodedProperties,
        Map<String, Object> applicationProperties, byte[] encodedApplicationProperties, byte[] body) {

    static final long UNLIMITED = Long.MAX_VALUE;
    static final Symbol SCHEDULED_ENQUEUE_TIME = Symbol.valueOf("x-opt-scheduled-enqueue-time");

    String messageId() {
        return properties.getMessageId().toString();
    }

    /** Milliseconds since the epoch, 0 when the message is not scheduled. */
    long scheduledEnqueueTime() {
        return annotations.get(SCHEDULED_ENQUEUE_TIME) instanceof Date date ? date.getTime() : 0;
    }

    MessageContent withApplicationProperties(Map<String, Object> decoded, byte[] encoded) {
        return new MessageContent(durable, priority, timeToLive, annotations, properties, encodedProperties,
                decoded, encoded, body);
    }
}
