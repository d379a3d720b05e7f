package chaos;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import ecommerce.inventory.support.Waiting;
import org.springframework.jdbc.core.JdbcTemplate;

/** Whether the workers make progress. */
final class Progress {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(50);

    private final JdbcTemplate jdbc;
    private final Receiver receiver;

    Progress(JdbcTemplate jdbc, Receiver receiver) {
        this.jdbc = jdbc;
        this.receiver = receiver;
    }

    /** The time until another message is handled and another event is received. */
    Duration untilNext() {
        long begin = System.nanoTime();
        long events = receiver.count();
        AtomicLong done = new AtomicLong(-1);
        // A failure: the database is still unavailable.
        Waiting.await().atMost(LIMIT).pollInterval(POLL).ignoreExceptions().until(() -> {
            long now = jdbc.queryForObject("SELECT count(*) FROM inbox WHERE processed_at IS NOT NULL", Long.class);
            done.compareAndSet(-1, now);
            return now > done.get() && receiver.count() > events;
        });
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
