package ecommerce.inventory.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** An instance that no longer reaches the database reports that it knows nothing, and not what it knew last. */
class StaleGaugesTest {

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);

    @Test
    void theBacklogIsUnknownBeforeTheFirstMeasurementAndAMinuteAfterTheLast() throws Exception {
        KeepMeasurements measurements = new KeepMeasurements(registry, "0/15 * * * * ?");
        assertThat(gauge(Metric.OUTBOX_AGE)).isNaN();

        handle(measurements, Map.of("inventory.outbox.age", 61));
        clock.add(Duration.ofSeconds(60));
        assertThat(gauge(Metric.OUTBOX_AGE)).isEqualTo(61);
        assertThat(gauge(Metric.MEASUREMENT_AGE)).isEqualTo(60);

        clock.add(Duration.ofSeconds(1));
        assertThat(gauge(Metric.OUTBOX_AGE)).isNaN();
        assertThat(gauge(Metric.MEASUREMENT_AGE)).as("shows since when").isEqualTo(61);

        handle(measurements, Map.of("inventory.outbox.age", 3));
        assertThat(gauge(Metric.OUTBOX_AGE)).isEqualTo(3);
        assertThat(gauge(Metric.MEASUREMENT_AGE)).isZero();
    }

    @Test
    void aMeasurementThatIsDueRarelyIsKeptUntilThreeAreMissing() throws Exception {
        KeepMeasurements measurements = new KeepMeasurements(registry, "0 0/5 * * * ?");
        // Measured a minute before the next one is due.
        clock.add(Duration.ofMinutes(4).minusMillis(clock.wallTime()));
        handle(measurements, Map.of("inventory.outbox.age", 61));

        assertKeptFor(Duration.ofMinutes(11));
    }

    @Test
    void aScheduleThatHasEndedKeepsItsLastResultForAMinute() throws Exception {
        KeepMeasurements measurements = new KeepMeasurements(registry, "0 0 0 1 1 ? 1971");
        clock.add(Duration.ofDays(400));
        handle(measurements, Map.of("inventory.outbox.age", 61));

        assertKeptFor(Duration.ofSeconds(60));
    }

    @Test
    void violatedInvariantsAreUnknownWhenThreeChecksAreMissing() throws Exception {
        ReportInvariants invariants = new ReportInvariants(registry, "30 * * * * ?");
        assertThat(violations("reserved-stock")).isNaN();
        assertThat(invariants.differences()).isEmpty();

        clock.add(Duration.ofSeconds(30).minusMillis(clock.wallTime()));
        handle(invariants, List.of(Map.of("invariant", "reserved-stock")));
        clock.add(Duration.ofMinutes(3));
        assertThat(violations("reserved-stock")).isEqualTo(1);
        assertThat(violations("order-status")).isZero();
        assertThat(invariants.differences()).isPresent();

        clock.add(Duration.ofSeconds(1));
        assertThat(violations("reserved-stock")).isNaN();
        assertThat(violations("order-status")).isNaN();
        assertThat(invariants.differences()).isEmpty();
    }

    /** Counts from the measurement of an age of 61. */
    private void assertKeptFor(Duration duration) {
        clock.add(duration);
        assertThat(gauge(Metric.OUTBOX_AGE)).isEqualTo(61);

        clock.add(Duration.ofSeconds(1));
        assertThat(gauge(Metric.OUTBOX_AGE)).isNaN();
    }

    private double gauge(Metric metric) {
        return registry.get(metric.meterName()).gauge().value();
    }

    private double violations(String invariant) {
        return registry.get(Metric.INVARIANT_VIOLATIONS.meterName()).tag("invariant", invariant).gauge().value();
    }

    private static void handle(Processor processor, Object body) throws Exception {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(body);
        processor.process(exchange);
    }
}
