package chaos;

import java.time.Duration;

import ecommerce.inventory.support.Waiting;
import org.awaitility.core.ConditionTimeoutException;

/** A worker and its proxy for the database. */
record Station(RestartedWorker worker, DatabaseProxy proxy) {

    private static final Duration READY_LIMIT = Duration.ofMinutes(2);

    /** @return whether the worker becomes ready within the time limit */
    boolean awaitReady() {
        try {
            Waiting.await().atMost(READY_LIMIT).until(worker::isReady);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }
}
