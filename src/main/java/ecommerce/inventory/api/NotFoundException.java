package ecommerce.inventory.api;

/** A request for something unknown; the message names it. */
public class NotFoundException extends RuntimeException {

    public NotFoundException(String message) {
        super(message);
    }
}
