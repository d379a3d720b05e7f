package chaos;

import java.time.Duration;

import ecommerce.inventory.support.Shop;
import org.awaitility.core.ConditionTimeoutException;

/** A worker and its way to the database. */
record Station(WorkerProcess worker, DatabaseProxy proxy) {

    private static final Duration READY_LIMIT = Duration.ofMinutes(2);

    /** @return whether it is, before a long time has passed */
    boolean awaitReady() {
        try {
            Shop.await().atMost(READY_LIMIT).until(worker::isReady);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }
}
