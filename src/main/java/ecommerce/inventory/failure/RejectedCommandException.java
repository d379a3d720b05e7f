package ecommerce.inventory.failure;

/** Thrown by routes for a command that is well-formed but cannot be carried out. It is dead-lettered with this description. */
public class RejectedCommandException extends InvalidMessageException {

    /** @param description one sentence that names the field and the value */
    public RejectedCommandException(String description) {
        super(Reason.CommandRejected, description);
    }
}
