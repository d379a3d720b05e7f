package ecommerce.inventory.failure;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.Set;

import ecommerce.inventory.failure.InvalidMessageException.Reason;
import org.apache.camel.util.ObjectHelper;
import org.postgresql.PGProperty;
import org.postgresql.util.PSQLException;
import org.springframework.transaction.TransactionSystemException;

/** What a failed transaction means for its message, read from the causes of the exception and their SQLSTATE. */
public final class Failures {

    /** What a server answers that takes no changes: a standby, one that was demoted, one that is full. */
    public static final String READ_ONLY = "25006";

    /** Of a role or a password that the server refuses. */
    private static final String REFUSED_CLASS = "28";
    /** Connection lost, resources used up: as whole classes of SQLSTATE. */
    private static final Set<String> AWAY_CLASSES = Set.of("08", "53");
    /** Shut down, crashed, starting up, idle session ended; read-only, as a standby is before its promotion. */
    private static final Set<String> AWAY_STATES = Set.of("57P01", "57P02", "57P03", "57P05", READ_ONLY, "25P03");
    /** That a connection was had and is gone: ended by the server, or broken. */
    private static final Set<String> LOST_STATES = Set.of("08000", "08003", "08006", "57P01", "57P02", "57P05", "25P03");
    private static final String LOCK_TIMEOUT = "55P03";
    /**
     * Raised by SQL that finds a message invalid. A class of our own, as the standard leaves those from I on to implementations:
     * whatever PostgreSQL raises by itself may be a fault of the statement, and a mended worker can then handle the message.
     */
    private static final String INVALID_MESSAGE = "IW001";

    private Failures() {
    }

    /** The fault of the message itself, if that is what failed: no retry can make it good. */
    public static Optional<InvalidMessageException> invalidMessage(Throwable failure) {
        InvalidMessageException invalid = ObjectHelper.getException(InvalidMessageException.class, failure);
        if (invalid != null) {
            return Optional.of(invalid);
        }
        PSQLException sql = ObjectHelper.getException(PSQLException.class, failure);
        return sql != null && sql.getServerErrorMessage() != null && INVALID_MESSAGE.equals(sql.getSQLState())
            ? Optional.of(new InvalidMessageException(Reason.SchemaViolation, sql.getServerErrorMessage().getMessage()))
            : Optional.empty();
    }

    /** Whether a lock was not had in the time that a statement may wait for it. */
    public static boolean lockTimeout(Throwable failure) {
        return LOCK_TIMEOUT.equals(state(failure));
    }

    /** What failed first, in its own words. */
    public static String rootCause(Throwable failure) {
        Throwable cause = original(failure);
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    /** Whether PostgreSQL cannot be worked with at present, whatever the message. */
    public static boolean databaseAway(Throwable failure) {
        return noConnection(failure) || connectionLost(failure) || away(state(failure));
    }

    private static boolean away(String state) {
        return AWAY_CLASSES.contains(state.substring(0, 2)) || AWAY_STATES.contains(state);
    }

    /** Whether the server refuses the role or the password of the worker: what else may be read at its next start. */
    public static boolean credentialsRefused(Throwable failure) {
        return state(failure).startsWith(REFUSED_CLASS);
    }

    /** Why PostgreSQL cannot be worked with, for the log. */
    public static String outage(Throwable failure) {
        if (credentialsRefused(failure)) {
            return "PostgreSQL refuses the worker's role or password";
        }
        return readOnly(failure) ? "PostgreSQL is read-only" : "PostgreSQL is unavailable";
    }

    /** Whether a server takes no changes, or the driver has found none that does. */
    public static boolean readOnly(Throwable failure) {
        return READ_ONLY.equals(state(failure)) || rootCause(failure).contains(PGProperty.TARGET_SERVER_TYPE.getName());
    }

    /** Whether a connection was had and is gone, which is the case in an outage, and may be the doing of what was done with it. */
    static boolean connectionLost(Throwable failure) {
        String state = state(failure);
        // Spring's word for: the connection went away in the middle, so that not even the rollback could be said. It means nothing after a
        // failure that no message can cause, for which the pool ends the connection.
        return !noConnection(failure) && (LOST_STATES.contains(state)
            || !away(state) && ObjectHelper.getException(TransactionSystemException.class, failure) != null);
    }

    /** What failed first: a rollback that failed as well hides it. */
    private static Throwable original(Throwable failure) {
        TransactionSystemException rollback = ObjectHelper.getException(TransactionSystemException.class, failure);
        return rollback != null && rollback.getOriginalException() != null ? rollback.getOriginalException() : failure;
    }

    /** HikariCP's word for it. */
    private static boolean noConnection(Throwable failure) {
        return ObjectHelper.getException(SQLTransientConnectionException.class, failure) != null;
    }

    /** The SQLSTATE; that of success if there is none. */
    private static String state(Throwable failure) {
        SQLException sql = ObjectHelper.getException(SQLException.class, original(failure));
        return sql == null || sql.getSQLState() == null || sql.getSQLState().length() != 5 ? "00000" : sql.getSQLState();
    }
}
