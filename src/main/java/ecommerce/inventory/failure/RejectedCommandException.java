package ecommerce.inventory.failure;

/** A command that is well-formed and cannot be done, for routes to throw: it is dead-lettered with the message. */
public class RejectedCommandException extends InvalidMessageException {

    /** @param description one sentence that names the field and the value */
    public RejectedCommandException(String description) {
        super(Reason.CommandRejected, description);
    }
}
