package ecommerce.inventory.metrics;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Reports the rows of {@code routes/timers/check-invariants.sql}, the body, until the next check: as a gauge for each invariant and in the health
 * of the worker. The gauges are NaN while {@link LastResult} has none.
 */
public class ReportInvariants implements Processor {

    private final LastResult<List<Map<String, Object>>> differences;

    /** @param schedule of the checks; Quartz cron expression */
    public ReportInvariants(MeterRegistry registry, String schedule) {
        differences = new LastResult<>(schedule, registry.config().clock());
        for (String invariant : List.of("negative-stock", "reserved-stock", "read-model", "accounted-stock", "order-status")) {
            Metric.INVARIANT_VIOLATIONS.gauge(registry, this, checked -> checked.violations(invariant), "invariant", invariant);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        differences.set(exchange.getMessage().getMandatoryBody(List.class));
    }

    /** The findings of the last check, while they are known. */
    public Optional<List<Map<String, Object>>> differences() {
        return differences.get();
    }

    private double violations(String invariant) {
        return differences.get().map(found -> (double) found.stream().filter(difference -> difference.get("invariant").equals(invariant)).count())
            .orElse(Double.NaN);
    }
}
