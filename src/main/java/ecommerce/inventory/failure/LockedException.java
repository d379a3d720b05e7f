package ecommerce.inventory.failure;

/**
 * Another transaction still holds the lock that a message has waited for. An immediate retry would only occupy a connection that others
 * need, so the message is parked.
 */
public class LockedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param what is locked */
    public LockedException(String what) {
        super("Another transaction keeps locked: " + what);
    }
}
