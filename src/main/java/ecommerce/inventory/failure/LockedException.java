package ecommerce.inventory.failure;

/**
 * What a message wants is kept locked by another transaction, and was waited for. To try at once again would only keep others from
 * their connection: the message is parked.
 */
public class LockedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param what is locked */
    public LockedException(String what) {
        super("Another transaction keeps locked: " + what);
    }
}
