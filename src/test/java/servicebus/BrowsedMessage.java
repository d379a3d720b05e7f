package servicebus;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;

/**
 * A copy of a message in an entity, for assertions. Copying neither locks the message nor counts as a delivery.
 *
 * @param applicationProperties without the two dead-letter properties, which have components of their own
 * @param body the bytes of all data sections, or the text of a value section as UTF-8
 * @param deliveryCount failed deliveries so far, 0 for a message never abandoned
 * @param state where in its life the message is
 * @param deadLetterReason null unless dead-lettered with a reason
 * @param deadLetterErrorDescription null unless dead-lettered with a description
 */
public record BrowsedMessage(String messageId, String subject, String correlationId, String contentType,
        Map<String, Object> applicationProperties, byte[] body, long sequenceNumber, Instant enqueuedTime,
        int deliveryCount, State state, String deadLetterReason, String deadLetterErrorDescription) {

    /** The state of a message, with Service Bus's names and wire values (in order from 0). */
    public enum State {
        ACTIVE, DEFERRED, SCHEDULED
    }

    /** The body read as UTF-8. */
    public String bodyAsString() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
