package ecommerce.inventory.metrics;

import java.text.ParseException;
import java.time.Duration;
import java.util.Date;
import java.util.Optional;

import io.micrometer.core.instrument.Clock;
import org.quartz.CronExpression;

/**
 * The last result of something that is measured on a schedule. It is unknown before the first measurement, and again once three
 * measurements have been due without a result, but at the earliest after a minute. So an instance that no longer reaches the database does
 * not report the past as the present.
 */
final class LastResult<T> {

    private static final Duration KEPT_AT_LEAST = Duration.ofMinutes(1);
    private static final int MISSED = 3;

    private final CronExpression schedule;
    private final Clock clock;
    private volatile Result<T> last;

    private record Result<T>(T value, long measuredAt, long keptFor) {
    }

    /** @param schedule of the measurements; Quartz cron expression */
    LastResult(String schedule, Clock clock) {
        try {
            this.schedule = new CronExpression(schedule);
        } catch (ParseException e) {
            throw new IllegalArgumentException(e);
        }
        this.clock = clock;
    }

    void set(T value) {
        last = new Result<>(value, clock.monotonicTime(), keptFor().toNanos());
    }

    /** The result, while it is known. */
    Optional<T> get() {
        Result<T> result = last;
        return result == null || clock.monotonicTime() - result.measuredAt > result.keptFor ? Optional.empty() : Optional.of(result.value);
    }

    private Duration keptFor() {
        Date now = new Date(clock.wallTime());
        Date due = now;
        for (int missed = 0; missed < MISSED; missed++) {
            Date next = schedule.getNextValidTimeAfter(due);
            if (next == null) {
                // The schedule has an end.
                break;
            }
            due = next;
        }
        Duration missed = Duration.between(now.toInstant(), due.toInstant());
        return missed.compareTo(KEPT_AT_LEAST) > 0 ? missed : KEPT_AT_LEAST;
    }
}
