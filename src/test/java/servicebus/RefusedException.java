package servicebus;

import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;

/** A refused request, with the AMQP error for the client. */
final class RefusedException extends RuntimeException {

    static final String NOT_FOUND = "amqp:not-found";
    static final String NOT_ALLOWED = "amqp:not-allowed";
    static final String NOT_IMPLEMENTED = "amqp:not-implemented";
    static final String DECODE_ERROR = "amqp:decode-error";
    static final String INVALID_FIELD = "amqp:invalid-field";
    static final String MESSAGE_SIZE_EXCEEDED = "amqp:link:message-size-exceeded";
    static final String MESSAGE_LOCK_LOST = "com.microsoft:message-lock-lost";
    static final String MESSAGE_NOT_FOUND = "com.microsoft:message-not-found";

    private static final long serialVersionUID = 1L;

    private final String condition;

    RefusedException(String condition, String description) {
        super(description, null, false, false);
        this.condition = condition;
    }

    static RefusedException lockLost() {
        return new RefusedException(MESSAGE_LOCK_LOST, "The lock supplied is invalid. Either the lock expired, "
                + "or the message has already been removed from the queue.");
    }

    String condition() {
        return condition;
    }

    ErrorCondition error() {
        return new ErrorCondition(Symbol.valueOf(condition), getMessage());
    }
}
