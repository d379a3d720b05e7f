package ecommerce.inventory.outbox;

/** The broker takes no events at all. Nothing is wrong with the events: they wait, and no attempt is counted. */
public class BrokerOutageException extends RuntimeException {

    public BrokerOutageException(String message) {
        super(message, null, false, false);
    }
}
