package ecommerce.inventory.metrics;

import java.time.Duration;
import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Keeps the row of {@code routes/timers/measure.sql}, the body, as gauges until the next one, so that a scrape costs no query. Before the first
 * row they are NaN.
 */
public class KeepMeasurements implements Processor {

    private volatile Map<String, Number> row = Map.of();
    private volatile long measuredAt = System.nanoTime();

    public KeepMeasurements(MeterRegistry registry) {
        for (Metric metric : Metric.MEASURED) {
            metric.gauge(registry, this, measured -> measured.value(metric));
        }
        Metric.MEASUREMENT_AGE.gauge(registry, this, measured -> Duration.ofNanos(System.nanoTime() - measured.measuredAt).toMillis() / 1e3);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        row = exchange.getMessage().getMandatoryBody(Map.class);
        measuredAt = System.nanoTime();
    }

    private double value(Metric metric) {
        Number number = row.get(metric.meterName());
        return number == null ? Double.NaN : number.doubleValue();
    }
}
