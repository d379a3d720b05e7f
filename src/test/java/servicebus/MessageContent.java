package servicebus;

import java.util.Map;

import org.apache.qpid.protonj2.types.messaging.Properties;

/**
 * The content of a message: immutable, so that the subscriptions of a topic share it. It is kept and delivered byte for byte; the fields
 * that the broker needs are decoded in addition.
 *
 * @param timeToLive milliseconds, {@link #UNLIMITED} when the sender set none
 * @param scheduledEnqueueTime epoch millis, 0 when the message is not scheduled
 * @param annotationCount how many entries {@code annotations} has
 * @param annotations the encoded entries of the sender's message annotations, without those only the broker may set
 * @param encodedProperties the properties section
 * @param encodedApplicationProperties the application properties section, empty when there is none
 * @param body the body sections and the footer, encoded
 */
record MessageContent(boolean durable, byte priority, long timeToLive, long scheduledEnqueueTime, int annotationCount,
        byte[] annotations, Properties properties, byte[] encodedProperties,
        Map<String, Object> applicationProperties, byte[] encodedApplicationProperties, byte[] body) {

    static final long UNLIMITED = Long.MAX_VALUE;

    String messageId() {
        return properties.getMessageId().toString();
    }

    MessageContent withApplicationProperties(Map<String, Object> decoded, byte[] encoded) {
        return new MessageContent(durable, priority, timeToLive, scheduledEnqueueTime, annotationCount, annotations,
                properties, encodedProperties, decoded, encoded, body);
    }
}
