package ecommerce.inventory.failure;

import ecommerce.inventory.text.UntrustedText;

/**
 * A message that no retry can make valid. The consumer dead-letters it at once: {@link #reason()} becomes its DeadLetterReason and the
 * message of this exception its DeadLetterErrorDescription. It has no stack trace: the fault is in the message, not in the code.
 */
public class InvalidMessageException extends RuntimeException {

    /** Service Bus takes 4,096 characters for reason and description each. */
    private static final int MAX_LENGTH = 1_000;

    /** Why a message is invalid; the name is what an operator sees as DeadLetterReason. */
    public enum Reason {
        /** No type, or one without a schema. */
        UnknownMessageType,
        /** The body is not a JSON object, or PostgreSQL could not store it. */
        MalformedBody,
        /** A field is missing, of the wrong type or out of range, or a route or SQL (IW001) has found the message invalid. */
        SchemaViolation,
        /** The command is well-formed but cannot be carried out. */
        CommandRejected,
        /** The MessageId belongs to another message. */
        MessageIdReused
    }

    private final Reason reason;

    /**
     * For a step {@code throwException} of a route that finds a message invalid.
     *
     * @param description one sentence that names the field and the value
     */
    public InvalidMessageException(String description) {
        this(Reason.SchemaViolation, description);
    }

    /**
     * @param reason      what kind of fault it is
     * @param description one sentence that names the field and the value
     */
    public InvalidMessageException(Reason reason, String description) {
        super(UntrustedText.excerpt(description, MAX_LENGTH), null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
