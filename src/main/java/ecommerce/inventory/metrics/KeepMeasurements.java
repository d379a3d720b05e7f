package ecommerce.inventory.metrics;

import java.time.Duration;
import java.util.Map;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Keeps the row of {@code routes/timers/measure.sql}, the body, as gauges until the next one, so that a scrape costs no query. The gauges are
 * NaN while {@link LastResult} has none.
 */
public class KeepMeasurements implements Processor {

    private final Clock clock;
    private final LastResult<Map<String, Number>> row;
    private volatile long measuredAt;

    /** @param schedule of the measurements; Quartz cron expression */
    public KeepMeasurements(MeterRegistry registry, String schedule) {
        clock = registry.config().clock();
        row = new LastResult<>(schedule, clock);
        measuredAt = clock.monotonicTime();
        for (Metric metric : Metric.MEASURED) {
            metric.gauge(registry, this, measured -> measured.value(metric));
        }
        Metric.MEASUREMENT_AGE.gauge(registry, this, measured -> Duration.ofNanos(clock.monotonicTime() - measured.measuredAt).toMillis() / 1e3);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        row.set(exchange.getMessage().getMandatoryBody(Map.class));
        measuredAt = clock.monotonicTime();
    }

    private double value(Metric metric) {
        return row.get().map(columns -> columns.get(metric.meterName())).map(Number::doubleValue).orElse(Double.NaN);
    }
}
