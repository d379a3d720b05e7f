package ecommerce.inventory.failure;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import ecommerce.inventory.database.Sql;
import javax.sql.DataSource;

/**
 * Distinguishes an outage of PostgreSQL, which is no fault of a message, from a message whose handling costs it its connection: when one
 * was lost, the database is asked whether it answers on another. It is an outage too when a table is locked as a whole, and not a row
 * that a message wants.
 */
public class Outages {

    /** How long the database may take to answer, in seconds. */
    private static final int PATIENCE = 5;

    private final DataSource database;

    public Outages(DataSource database) {
        this.database = database;
    }

    /** Whether PostgreSQL cannot be worked with at present, whatever the message. */
    public boolean isOutage(Throwable failure) {
        return Failures.databaseAway(failure) && !(Failures.connectionLost(failure) && databaseAnswers())
            || Failures.lockTimeout(failure) && tableLocked();
    }

    private boolean databaseAnswers() {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(PATIENCE);
        } catch (SQLException e) {
            // That is the answer.
            return false;
        }
    }

    /** By a migration, say, which nothing can be written beside, not even what is to be parked. */
    private boolean tableLocked() {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(Sql.read("inbox/table-locked"))) {
            return answer.next() && answer.getBoolean(1);
        } catch (SQLException e) {
            // It cannot be asked: so it is one.
            return true;
        }
    }
}
