package ecommerce.inventory.failure;

/**
 * An order asks for more than there is. The route throws it before any stock is changed; the error
 * handler {@code publish-insufficient} publishes it as InventoryInsufficient and the transaction commits:
 * an outcome, not a fault, hence without a stack trace.
 */
public class InsufficientInventoryException extends RuntimeException {

    /** @param shortLines the short and unknown products, as JSON */
    public InsufficientInventoryException(String shortLines) {
        super(shortLines, null, false, false);
    }
}
