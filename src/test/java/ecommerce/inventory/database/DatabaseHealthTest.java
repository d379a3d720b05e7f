package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The health of the database by its answers, or without one. */
@ExtendWith(OutputCaptureExtension.class)
class DatabaseHealthTest {

    private static final Duration LONG = Duration.ofMinutes(2);

    private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

    @Test
    void aDatabaseThatSaysNothingForTooLongIsUnavailable() {
        assertThat(new DatabaseHealth(LONG, LONG).unavailable()).isEmpty();
        assertThat(new DatabaseHealth(LONG, Duration.ZERO).unavailable()).contains("PostgreSQL has not answered for 0 s");
    }

    @Test
    void credentialsThatAreRefusedForAShortTimeAreNothingForLiveness() {
        DatabaseHealth health = new DatabaseHealth(LONG, LONG);
        found(health, new SQLTransientConnectionException("Connection is not available", "28P01"));

        assertThat(health.unavailable()).isPresent();
        assertThat(health.credentialsAreOld()).isFalse();
    }

    @Test
    void anOutageIsLoggedOnceForEachKind(CapturedOutput output) {
        DatabaseHealth health = new DatabaseHealth(LONG, LONG);
        found(health, new SQLTransientConnectionException("Connection is not available (waiting=1)"));
        found(health, new SQLTransientConnectionException("Connection is not available (waiting=2)"));
        assertThat(output.getOut().lines().filter(line -> line.contains("The database is unavailable"))).hasSize(1);

        found(health, new SQLException("ERROR: cannot execute INSERT in a read-only transaction", "25006"));
        assertThat(output.getOut().lines().filter(line -> line.contains("The database is unavailable"))).hasSize(2);
        assertThat(health.unavailable()).contains("PostgreSQL is read-only: ERROR: cannot execute INSERT in a read-only transaction");

        found(health, null);
        assertThat(health.unavailable()).isEmpty();
    }

    private void found(DatabaseHealth health, Exception failure) {
        exchange.setProperty(Exchange.EXCEPTION_CAUGHT, failure);
        health.process(exchange);
    }
}
