package ecommerce.inventory.metrics;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Reports the rows of {@code routes/timers/check-invariants.sql}, the body, until the next check: as a gauge for each invariant and in the health
 * of the worker. Before the first check the gauges are NaN.
 */
public class ReportInvariants implements Processor {

    private volatile List<Map<String, Object>> differences;

    public ReportInvariants(MeterRegistry registry) {
        for (String invariant : List.of("negative-stock", "reserved-stock", "read-model", "accounted-stock", "order-status")) {
            Metric.INVARIANT_VIOLATIONS.gauge(registry, this, checked -> checked.violations(invariant), "invariant", invariant);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        differences = exchange.getMessage().getMandatoryBody(List.class);
    }

    /** The findings of the last check; empty before the first one. */
    public Optional<List<Map<String, Object>>> differences() {
        return Optional.ofNullable(differences);
    }

    private double violations(String invariant) {
        List<Map<String, Object>> found = differences;
        return found == null ? Double.NaN : found.stream().filter(difference -> difference.get("invariant").equals(invariant)).count();
    }
}
