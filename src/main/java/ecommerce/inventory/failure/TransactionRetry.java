package ecommerce.inventory.failure;

import ecommerce.inventory.settings.InventoryProperties;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the failed transaction of a message is retried. While PostgreSQL is unavailable it always is, so the message is held and its lock
 * renewed. Otherwise it is retried as often as is set, but not after it has waited for a locked product.
 * <p>
 * A predicate, because Camel calls a method of a bean with a copy of the exchange, which would lose the count that is kept here.
 */
public class TransactionRetry implements Predicate {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionRetry.class);
    /** In a long outage every tenth try of a message is logged. */
    private static final int LOGGED_ATTEMPT = 10;
    /** How often the transaction of a message has failed, outages not counted; a property of its exchange. */
    private static final String FAILURES = "inventoryFailures";

    private final InventoryProperties.Inbox settings;
    private final Outages outages;

    public TransactionRetry(InventoryProperties.Inbox settings, Outages outages) {
        this.settings = settings;
        this.outages = outages;
    }

    @Override
    public boolean matches(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class);
        boolean outage = outages.isOutage(failure);
        int failures = exchange.getProperty(FAILURES, 0, int.class) + (outage ? 0 : 1);
        exchange.setProperty(FAILURES, failures);
        if (attempt % LOGGED_ATTEMPT == 1) {
            LOG.warn("{}, try {} of a message: {}", outage ? Failures.outage(failure) + ", the message is held" : "Transaction rolled back",
                attempt, Failures.rootCause(failure));
        }
        return outage || failures <= settings.maxRetries() && ObjectHelper.getException(LockedException.class, failure) == null;
    }
}
