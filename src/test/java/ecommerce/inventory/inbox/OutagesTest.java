package ecommerce.inventory.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.TransactionSystemException;

/** Whether a failure is an outage of the database, or that of one message. */
class OutagesTest {

    private final DataSource database = mock();
    private final Connection other = mock();
    private final Outages outages = new Outages(database);

    @ParameterizedTest
    @ValueSource(strings = {"57P01", "57P02", "25P03", "08006", "08003"})
    void aConnectionThatIsLostIsAnOutageOnlyIfTheDatabaseAnswersOnNoOther(String state) throws SQLException {
        when(database.getConnection()).thenReturn(other);
        assertThat(outages.isOutage(failure(state))).as("connected, and no answer").isTrue();

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

    /** No connection to be had, disk full, read-only: a database that answers is no better for it. */
    @ParameterizedTest
    @ValueSource(strings = {"08001", "53100", "53300", "25006", "57P03"})
    void whatNoMessageCanCauseIsAnOutageWhateverTheDatabaseAnswers(String state) {
        assertThat(outages.isOutage(failure(state))).isTrue();
        assertThat(outages.isOutage(new SQLTransientConnectionException("Connection is not available", state))).isTrue();

        verifyNoInteractions(database);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40P01", "55P03", "22003", "23505"})
    void anyOtherFailureIsNone(String state) {
        assertThat(outages.isOutage(failure(state))).isFalse();
        assertThat(outages.isOutage(new IllegalStateException("a step failed"))).isFalse();

        verifyNoInteractions(database);
    }

    private static Exception failure(String state) {
        return new DataAccessResourceFailureException("failed", new SQLException("failed", state));
    }
}
