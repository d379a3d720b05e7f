package ecommerce.inventory.transaction;

import org.apache.camel.AsyncCallback;
import org.apache.camel.ErrorHandlerFactory;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeExtension;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spring.spi.SpringTransactionPolicy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The policy of {@code transacted} blocks: PROPAGATION_REQUIRED, and what the error handlers inside have decided ends with
 * the transaction. After a commit the calling route goes on, also when a failure was handled; after a rollback its own
 * error handler is asked, which may try again. (With Camel's policy alone a handled failure stops the calling route, and a
 * failed transaction counts as exhausted for all error handlers around it.)
 * <p>
 * The route that holds the block has {@code noErrorHandler}, so that the failure reaches the calling route.
 */
public class TransactionPolicy extends SpringTransactionPolicy {

    public TransactionPolicy(PlatformTransactionManager transactionManager) {
        super(transactionManager);
        setPropagationBehaviorName("PROPAGATION_REQUIRED");
    }

    @Override
    public Processor wrap(Route route, Processor processor) {
        ErrorHandlerFactory ofTheRoute = route.getErrorHandlerFactory();
        Processor transaction = super.wrap(route, processor);
        // Camel's policy has put its own there, which would begin the transaction around what is done below.
        route.setErrorHandlerFactory(ofTheRoute);
        return new DelegateAsyncProcessor(transaction) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                return super.process(exchange, doneSync -> {
                    ExchangeExtension state = exchange.getExchangeExtension();
                    state.setRedeliveryExhausted(false);
                    state.setFailureHandled(false);
                    state.setErrorHandlerHandled(null);
                    callback.done(doneSync);
                });
            }
        };
    }
}
