package ecommerce.inventory.failure;

import org.apache.camel.Exchange;

/** What {@code errors.camel.yaml} asks about a failed step. */
public class FailurePolicy {

    /**
     * Whether the transaction of a message is not retried: the message is invalid, and the consumer dead-letters it; or the worker stops,
     * and another one takes the message.
     */
    public boolean isFinal(Exchange exchange) {
        return Failures.invalidMessage(failure(exchange)).isPresent() || exchange.getProperty("message") == null
            || exchange.getContext().isStopping();
    }

    /** What failed first, for the log. */
    public String rootCause(Exchange exchange) {
        return Failures.rootCause(failure(exchange));
    }

    private static Throwable failure(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }
}
