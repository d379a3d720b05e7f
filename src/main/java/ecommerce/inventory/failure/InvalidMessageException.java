package ecommerce.inventory.failure;

import ecommerce.inventory.tracing.LogFields;

/**
 * A message that no retry can make good. The consumer dead-letters it at once: {@link #reason()}
 * becomes its DeadLetterReason and the message of this exception its DeadLetterErrorDescription.
 * It has no stack trace, as the fault is in the message.
 */
public class InvalidMessageException extends RuntimeException {

    /** Service Bus takes 4,096 characters for reason and description each. */
    private static final int MAX_LENGTH = 1_000;

    /** Why a message is invalid; the name is what an operator sees as DeadLetterReason. */
    public enum Reason {
        /** No type, or one without a schema. */
        UnknownMessageType,
        /** Not a JSON object, or one that PostgreSQL could not store. */
        MalformedBody,
        /** A field is missing, of the wrong type or out of range, or SQL has raised IW001. */
        SchemaViolation,
        /** The command is well-formed, and cannot be done. */
        CommandRejected,
        /** The MessageId belongs to another message. */
        MessageIdReused
    }

    private final Reason reason;

    /**
     * @param reason      what kind of fault it is
     * @param description one sentence that names the field and the value
     */
    public InvalidMessageException(Reason reason, String description) {
        super(LogFields.printable(description.length() <= MAX_LENGTH ? description : description.substring(0, MAX_LENGTH) + " …"),
            null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
