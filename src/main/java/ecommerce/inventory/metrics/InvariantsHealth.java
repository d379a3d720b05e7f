package ecommerce.inventory.metrics;

import java.util.List;
import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/**
 * Keeps the rows of {@code sql/check-invariants.sql}, the body, until the next ones come: as a gauge for each invariant and as
 * health. Neither readiness nor liveness: a restart mends no stock. Before the first check gauges are NaN and health is unknown.
 */
public class InvariantsHealth implements Processor, HealthIndicator {

    private volatile List<Map<String, Object>> differences;

    public InvariantsHealth(MeterRegistry registry) {
        for (String invariant : List.of("negative-stock", "reserved-stock", "read-model", "accounted-stock", "order-status")) {
            Metric.INVARIANT_VIOLATIONS.gauge(registry, this, checked -> checked.violations(invariant), "invariant", invariant);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        differences = exchange.getMessage().getMandatoryBody(List.class);
    }

    @Override
    public Health health() {
        List<Map<String, Object>> found = differences;
        if (found == null) {
            return Health.unknown().build();
        }
        return found.isEmpty() ? Health.up().build() : Health.down().withDetail("differences", found).build();
    }

    private double violations(String invariant) {
        List<Map<String, Object>> found = differences;
        return found == null ? Double.NaN : found.stream().filter(difference -> difference.get("invariant").equals(invariant)).count();
    }
}
