package ecommerce.inventory.support;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** A transaction of its own, also inside of another one: as another process would have it. */
public class NewTransaction extends TransactionTemplate {

    public NewTransaction(PlatformTransactionManager transactionManager) {
        super(transactionManager);
        setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }
}
