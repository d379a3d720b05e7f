package ecommerce.inventory.inbox;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

/**
 * Distinguishes an outage of PostgreSQL, which is no fault of a message, from a message whose handling costs it its connection: when one
 * was lost, the database is asked whether it answers on another.
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
        return Failures.databaseAway(failure) && !(Failures.connectionLost(failure) && databaseAnswers());
    }

    private boolean databaseAnswers() {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(PATIENCE);
        } catch (SQLException e) {
            // That is the answer.
            return false;
        }
    }
}
