package ecommerce.inventory.outbox;

/** The broker accepts no events at all. The events are not at fault: they wait, and no attempt is counted. */
public class BrokerOutageException extends RuntimeException {

    public BrokerOutageException(String message) {
        super(message, null, false, false);
    }
}
