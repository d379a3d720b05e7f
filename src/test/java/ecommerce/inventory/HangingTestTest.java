package ecommerce.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary.Failure;

/** A test that hangs fails, and shows what each thread did: {@code junit-platform.properties}. */
class HangingTestTest {

    private static final String LIMIT = "junit.jupiter.execution.timeout.default";

    /** Not a test of the build, as it is nested in this class. */
    static class WaitsInVain {

        @Test
        void untilNothingHappens() throws InterruptedException {
            new CountDownLatch(1).await();
        }
    }

    @Test
    void failsAndShowsWhatEachThreadDid() {
        SummaryGeneratingListener tests = new SummaryGeneratingListener();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(WaitsInVain.class))
            .configurationParameter(LIMIT, "100 ms").build();

        // Kept out of the build's own output, where it would look like a failure.
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(output));
        try {
            LauncherFactory.create().execute(request, tests);
        } finally {
            System.setOut(out);
        }

        assertThat(tests.getSummary().getFailures()).extracting(Failure::getException).singleElement().isInstanceOf(TimeoutException.class);
        assertThat(output.toString()).contains("WaitsInVain.untilNothingHappens", "CountDownLatch.await");
    }

    @Test
    void itsLimitIsSetForAllTests() {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(WaitsInVain.class)).build();

        String limit = LauncherFactory.create().discover(request).getConfigurationParameters().get(LIMIT).orElseThrow();

        assertThat(Duration.parse("PT" + limit.replace(" ", ""))).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(15));
    }
}
