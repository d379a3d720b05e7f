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
 * The policy of {@code transacted} blocks: PROPAGATION_REQUIRED, and the decisions of the error handlers inside end with the
 * transaction. After a commit the calling route continues, even if a failure was handled; after a rollback its own error handler
 * decides, and may retry. (With Camel's policy alone a handled failure stops the calling route, and a failed transaction counts as
 * exhausted for all error handlers around it.)
 * <p>
 * The route with the block has {@code noErrorHandler}, so that the failure reaches the calling route.
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
        // Camel's policy has set its own, which would start the transaction around the code below.
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
