package ecommerce.inventory.support;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for events in tests. */
public final class Waiting {

    private Waiting() {
    }

    /** The limit is far longer than any event takes: only a failing test reaches it. */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }
}
