package ecommerce.inventory.support;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Always a new transaction, even inside another one, as if another process ran it. */
public class NewTransaction extends TransactionTemplate {

    public NewTransaction(PlatformTransactionManager transactionManager) {
        super(transactionManager);
        setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }
}
