package ecommerce.inventory.database;

import java.time.Duration;
import java.util.Optional;

import ecommerce.inventory.failure.Failures;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the outcome of the last check of the database, so that a probe does not wait for the database. The route passes the exception
 * that it caught or, if there is none, the answer of {@code routes/timers/check-database.sql} as the body.
 */
public class DatabaseHealth implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(DatabaseHealth.class);

    private final Duration refusalLimit;
    private final Duration silenceLimit;
    private volatile String reason;
    private volatile long answeredAt = System.nanoTime();
    private volatile Long refusedAt;
    private boolean warned;

    /**
     * @param refusalLimit how long the server may refuse role or password before a restart is needed to read them again
     * @param silenceLimit time since the last answer or failure after which the database counts as silent
     */
    public DatabaseHealth(Duration refusalLimit, Duration silenceLimit) {
        this.refusalLimit = refusalLimit;
        this.silenceLimit = silenceLimit;
    }

    @Override
    public void process(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        String before = reason;
        answeredAt = System.nanoTime();
        if (failure == null) {
            refusedAt = null;
            reason = null;
            warnOnceOf(exchange.getMessage().getBody(Boolean.class));
        } else {
            if (!Failures.credentialsRefused(failure)) {
                refusedAt = null;
            } else if (refusedAt == null) {
                refusedAt = answeredAt;
            }
            String outage = Failures.outage(failure);
            reason = outage + ": " + Failures.rootCause(failure);
            if (before == null || !before.startsWith(outage)) {
                LOG.warn("The database is unavailable: {}", reason);
            }
        }
        if (reason == null && before != null) {
            LOG.info("The database is available again");
        }
    }

    /** A pooler that gives each transaction another connection loses the settings of a connection. */
    private void warnOnceOf(Boolean configured) {
        if (Boolean.FALSE.equals(configured) && !warned) {
            warned = true;
            LOG.warn("A connection to the database has no lock_timeout: behind a pooler the worker's role needs the settings that the worker "
                + "makes on its connections (k8s/database/roles.sql)");
        }
    }

    /** Why the database is unavailable; empty if it is available. */
    public Optional<String> unavailable() {
        Duration silence = since(answeredAt);
        return silence.compareTo(silenceLimit) > 0 ? Optional.of("PostgreSQL has not answered for " + silence.toSeconds() + " s")
            : Optional.ofNullable(reason);
    }

    /** Whether role or password have been refused for longer than it takes to change them everywhere. Never true in an outage. */
    public boolean credentialsAreOld() {
        Long since = refusedAt;
        return since != null && since(since).compareTo(refusalLimit) >= 0;
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }
}
