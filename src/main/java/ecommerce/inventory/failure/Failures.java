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

/** What a failed transaction means for its message, derived from the causes of the exception and their SQLSTATE. */
public final class Failures {

    /** SQLSTATE of a server that accepts no changes: a standby, a demoted primary, one with a full disk. */
    public static final String READ_ONLY = "25006";

    /** SQLSTATE class of a refused role or password. */
    private static final String REFUSED_CLASS = "28";
    /** Classes of SQLSTATE: connection lost, resources exhausted. */
    private static final Set<String> UNAVAILABLE_CLASSES = Set.of("08", "53");
    /** Shut down, crashed, starting up, idle session ended; read-only, like a standby before its promotion. */
    private static final Set<String> UNAVAILABLE_STATES = Set.of("57P01", "57P02", "57P03", "57P05", READ_ONLY, "25P03");
    /** An open connection was lost: ended by the server, or broken. */
    private static final Set<String> LOST_STATES = Set.of("08000", "08003", "08006", "57P01", "57P02", "57P05", "25P03");
    private static final String LOCK_TIMEOUT = "55P03";
    /**
     * Raised by our SQL for an invalid message. The class is our own, as the standard leaves those from I on to implementations: an
     * error that PostgreSQL raises by itself may be a fault of the statement, and a fixed worker can then handle the message.
     */
    private static final String INVALID_MESSAGE = "IW001";

    private Failures() {
    }

    /** The fault of the message itself, if that is the cause: no retry can help. */
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

    /** Whether a statement waited too long for a lock. */
    public static boolean lockTimeout(Throwable failure) {
        return LOCK_TIMEOUT.equals(state(failure));
    }

    /** The message of what failed first. */
    public static String rootCause(Throwable failure) {
        Throwable cause = original(failure);
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    /** Whether PostgreSQL is unavailable, whatever the message. */
    public static boolean databaseUnavailable(Throwable failure) {
        return noConnection(failure) || connectionLost(failure) || unavailable(state(failure));
    }

    private static boolean unavailable(String state) {
        return UNAVAILABLE_CLASSES.contains(state.substring(0, 2)) || UNAVAILABLE_STATES.contains(state);
    }

    /** Whether the server refuses the worker's role or password, which a restart may read again. */
    public static boolean credentialsRefused(Throwable failure) {
        return state(failure).startsWith(REFUSED_CLASS);
    }

    /** Why PostgreSQL is unavailable, for the log. */
    public static String outage(Throwable failure) {
        if (credentialsRefused(failure)) {
            return "PostgreSQL refuses the worker's role or password";
        }
        return readOnly(failure) ? "PostgreSQL is read-only" : "PostgreSQL is unavailable";
    }

    /** Whether the server accepts no changes, or the driver has found none that does. */
    public static boolean readOnly(Throwable failure) {
        return READ_ONLY.equals(state(failure)) || rootCause(failure).contains(PGProperty.TARGET_SERVER_TYPE.getName());
    }

    /** Whether an open connection was lost: by an outage, or by the statement that it executed. */
    static boolean connectionLost(Throwable failure) {
        String state = state(failure);
        // Spring throws TransactionSystemException when even the rollback failed, as the connection was lost. After an unavailability,
        // which no message can cause, it means nothing: the pool closes the connection then.
        return !noConnection(failure) && (LOST_STATES.contains(state)
            || !unavailable(state) && ObjectHelper.getException(TransactionSystemException.class, failure) != null);
    }

    /** What failed first; a rollback that failed too would hide it. */
    private static Throwable original(Throwable failure) {
        TransactionSystemException rollback = ObjectHelper.getException(TransactionSystemException.class, failure);
        return rollback != null && rollback.getOriginalException() != null ? rollback.getOriginalException() : failure;
    }

    /** HikariCP throws it when the pool has no connection in time. */
    private static boolean noConnection(Throwable failure) {
        return ObjectHelper.getException(SQLTransientConnectionException.class, failure) != null;
    }

    /** The SQLSTATE, or that of success if there is none. */
    private static String state(Throwable failure) {
        SQLException sql = ObjectHelper.getException(SQLException.class, original(failure));
        return sql == null || sql.getSQLState() == null || sql.getSQLState().length() != 5 ? "00000" : sql.getSQLState();
    }
}
