package ecommerce.inventory.failure;

import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.failure.InvalidMessageException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.jdbc.UncategorizedSQLException;

/** Whether a failure is the fault of the message, or perhaps of a statement. */
class FailuresTest {

    @Test
    void anErrorThatOurSqlRaisesAboutTheMessageIsTheFaultOfTheMessage() {
        assertThat(Failures.invalidMessage(failure("IW001"))).hasValueSatisfying(invalid -> {
            assertThat(invalid.reason()).isEqualTo(Reason.SchemaViolation);
            assertThat(invalid).hasMessage("items: too many");
        });
    }

    /** Number out of range, not a number, not a date, division by zero, parameter, constraints, RAISE without a state, no function. */
    @ParameterizedTest
    @ValueSource(strings = {"22003", "22P02", "22007", "22012", "22023", "23502", "23514", "P0001", "42883", "IW000"})
    void anyOtherErrorOfPostgreSqlIsNot(String state) {
        assertThat(Failures.invalidMessage(failure(state))).isEmpty();
    }

    private static Exception failure(String state) {
        return new UncategorizedSQLException("a step", "SELECT 1",
            new PSQLException(new ServerErrorMessage("SERROR\0C" + state + "\0Mitems: too many\0")));
    }
}
