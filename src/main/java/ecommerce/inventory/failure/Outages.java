package ecommerce.inventory.failure;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;


/**
 * Distinguishes an outage of PostgreSQL from a message that breaks its own connection: after a lost connection it checks whether the
 * database answers on another one. A lock on a whole table is an outage too, unlike a lock on a row that a message wants.
 */
public class Outages {

    /** Seconds that the database may take to answer. */
    private static final int PATIENCE = 5;

    private final DataSource database;
    private final String tableLocked;

    /** @param tableLocked the SQL that answers whether a whole table is locked */
    public Outages(DataSource database, String tableLocked) {
        this.database = database;
        this.tableLocked = tableLocked;
    }

    /** Whether PostgreSQL is unavailable, whatever the message. */
    public boolean isOutage(Throwable failure) {
        return Failures.databaseUnavailable(failure) && !(Failures.connectionLost(failure) && databaseAnswers())
            || Failures.lockTimeout(failure) && isTableLocked();
    }

    private boolean databaseAnswers() {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(PATIENCE);
        } catch (SQLException e) {
            // The failure is the answer.
            return false;
        }
    }

    /** For example by a migration, during which nothing can be written, not even a parked message. */
    private boolean isTableLocked() {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(tableLocked)) {
            return answer.next() && answer.getBoolean(1);
        } catch (SQLException e) {
            // It does not answer, so it is an outage.
            return true;
        }
    }
}
