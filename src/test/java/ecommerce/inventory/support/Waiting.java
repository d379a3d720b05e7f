package ecommerce.inventory.support;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** How tests wait for what happens by itself. */
public final class Waiting {

    private Waiting() {
    }

    /** Far longer than anything takes: a test fails by it, and never passes by it. */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }
}
