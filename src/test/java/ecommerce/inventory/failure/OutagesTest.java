package ecommerce.inventory.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.TransactionSystemException;

/** Whether a failure is an outage of the database, or concerns only one message. */
class OutagesTest {

    private final DataSource database = mock();
    private final Connection other = mock();
    private final Outages outages = new Outages(database, "SELECT false");

    @ParameterizedTest
    @ValueSource(strings = {"57P01", "57P02", "25P03", "08006", "08003"})
    void aConnectionThatIsLostIsAnOutageOnlyIfTheDatabaseAnswersOnNoOther(String state) throws SQLException {
        when(database.getConnection()).thenReturn(other);
        assertThat(outages.isOutage(failure(state))).as("connected, but no answer").isTrue();

        when(other.isValid(anyInt())).thenReturn(true);
        assertThat(outages.isOutage(failure(state))).as("an answer").isFalse();

        when(database.getConnection()).thenThrow(new SQLTransientConnectionException("Connection is not available"));
        assertThat(outages.isOutage(failure(state))).as("no connection").isTrue();
    }

    @Test
    void soIsATransactionThatCouldNotEvenBeRolledBack() throws SQLException {
        when(database.getConnection()).thenReturn(other);
        when(other.isValid(anyInt())).thenReturn(true);

        assertThat(outages.isOutage(new TransactionSystemException("Could not roll back", new SQLException("Connection is closed", "08003")))).isFalse();
    }

    /** The pool has closed the connection, so that the rollback failed too. */
    @Test
    void aServerThatHasBecomeReadOnlyIsAnOutageAlsoIfTheNextConnectionIsToAnotherOne() {
        TransactionSystemException rollback = new TransactionSystemException("Could not roll back", new SQLException("Connection is closed"));
        rollback.initApplicationException(failure("25006"));

        assertThat(outages.isOutage(rollback)).isTrue();
        verifyNoInteractions(database);
    }

    @ParameterizedTest
    @CsvSource({"28P01, PostgreSQL refuses the worker's role or password", "28000, PostgreSQL refuses the worker's role or password",
        "25006, PostgreSQL is read-only", "3D000, PostgreSQL is unavailable", "42501, PostgreSQL is unavailable",
        "53300, PostgreSQL is unavailable", "08006, PostgreSQL is unavailable"})
    void whatItIsIsSaid(String state, String words) {
        Exception failure = new DataAccessResourceFailureException("failed",
            new SQLTransientConnectionException("Connection is not available", state, new SQLException("failed", state)));

        assertThat(outages.isOutage(failure)).isTrue();
        assertThat(Failures.outage(failure)).isEqualTo(words);
        assertThat(Failures.credentialsRefused(failure)).isEqualTo(state.startsWith("28"));
    }

    @Test
    void thatNoneOfTheHostsTakesChangesIsSaid() {
        assertThat(Failures.outage(failure(new PSQLException("Could not find a server with specified targetServerType: primary",
            PSQLState.CONNECTION_UNABLE_TO_CONNECT)))).isEqualTo("PostgreSQL is read-only");
    }

    /** No free connection, disk full, read-only: these are outages even if the database answers. */
    @ParameterizedTest
    @ValueSource(strings = {"08001", "53100", "53300", "25006", "57P03"})
    void whatNoMessageCanCauseIsAnOutageWhateverTheDatabaseAnswers(String state) {
        assertThat(outages.isOutage(failure(state))).isTrue();
        assertThat(outages.isOutage(new SQLTransientConnectionException("Connection is not available", state))).isTrue();

        verifyNoInteractions(database);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40P01", "22003", "23505"})
    void anyOtherFailureIsNone(String state) {
        assertThat(outages.isOutage(failure(state))).isFalse();
        assertThat(outages.isOutage(new IllegalStateException("a step failed"))).isFalse();

        verifyNoInteractions(database);
    }

    @Test
    void aLockTimeoutIsAnOutageOnlyIfATableIsLockedOrThatCannotBeFound() throws SQLException {
        ResultSet answer = mock();
        Statement statement = mock();
        when(statement.executeQuery(anyString())).thenReturn(answer);
        when(other.createStatement()).thenReturn(statement);
        when(database.getConnection()).thenReturn(other);
        when(answer.next()).thenReturn(true);
        assertThat(outages.isOutage(failure("55P03"))).as("a row").isFalse();

        when(answer.getBoolean(1)).thenReturn(true);
        assertThat(outages.isOutage(failure("55P03"))).as("a table").isTrue();

        when(answer.getBoolean(1)).thenReturn(false);
        when(database.getConnection()).thenThrow(new SQLTransientConnectionException("Connection is not available"));
        assertThat(outages.isOutage(failure("55P03"))).as("no answer").isTrue();
    }

    private static Exception failure(String state) {
        return failure(new SQLException("failed", state));
    }

    private static Exception failure(SQLException cause) {
        return new DataAccessResourceFailureException("failed", cause);
    }
}
