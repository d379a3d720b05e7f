package ecommerce.inventory.routes;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLTransientConnectionException;

import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.support.RouteTest;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;

/** {@code watch-database.camel.yaml}: the probes report the last answer of the database. */
@RouteTest(routes = "timers/watch-database", mock = "sql:*")
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "inventory.database.refusal-limit=PT0.001S")
class WatchDatabaseRouteTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate sender;
    @Autowired
    private DatabaseHealth health;
    @Autowired
    private HealthIndicator dbHealthIndicator;
    @Autowired
    private HealthIndicator databaseCredentialsHealthIndicator;
    @EndpointInject("mock:sql:classpath:routes/timers/check-database.sql")
    private MockEndpoint database;

    @BeforeEach
    void theDatabaseAnswers() {
        clock();
    }

    @Test
    void aDatabaseThatAnswersIsReadyAndAlive() {
        assertThat(dbHealthIndicator.health().getStatus()).isEqualTo(Status.UP);
        assertThat(databaseCredentialsHealthIndicator.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void anOutageIsReportedUntilItIsOverAndIsNothingForLiveness() {
        fail(new PSQLException("Connection refused", PSQLState.CONNECTION_UNABLE_TO_CONNECT));
        assertThat(dbHealthIndicator.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(dbHealthIndicator.health().getDetails()).containsEntry("reason", "PostgreSQL is unavailable: Connection refused");
        assertThat(databaseCredentialsHealthIndicator.health().getStatus()).isEqualTo(Status.UP);

        MockEndpoint.resetMocks(camel);
        clock();
        assertThat(health.unavailable()).isEmpty();
    }

    @Test
    void credentialsThatAreRefusedAreSomethingForLivenessUntilSomethingElseIsFound() {
        SQLTransientConnectionException refused = new SQLTransientConnectionException("Connection is not available", "28P01",
            new PSQLException("FATAL: password authentication failed", PSQLState.INVALID_PASSWORD));
        fail(refused);
        assertThat(dbHealthIndicator.health().getDetails())
            .containsEntry("reason", "PostgreSQL refuses the worker's role or password: FATAL: password authentication failed");
        await().until(() -> databaseCredentialsHealthIndicator.health().getStatus() == Status.DOWN);

        fail(new PSQLException("Connection refused", PSQLState.CONNECTION_UNABLE_TO_CONNECT));
        assertThat(databaseCredentialsHealthIndicator.health().getStatus()).as("an outage").isEqualTo(Status.UP);

        fail(refused);
        await().until(() -> databaseCredentialsHealthIndicator.health().getStatus() == Status.DOWN);
        MockEndpoint.resetMocks(camel);
        clock();
        assertThat(databaseCredentialsHealthIndicator.health().getStatus()).as("accepted").isEqualTo(Status.UP);
    }

    @Test
    void connectionsThatHaveLostWhatWasSetOnThemAreReportedOnce(CapturedOutput output) {
        database.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(true));
        clock();
        assertThat(output).doesNotContain("lock_timeout");

        database.whenAnyExchangeReceived(exchange -> exchange.getMessage().setBody(false));
        clock();
        clock();
        assertThat(output).containsOnlyOnce("A connection to the database has no lock_timeout: behind a pooler the worker's role needs");
        assertThat(health.unavailable()).isEmpty();
    }

    private void fail(Exception failure) {
        database.whenAnyExchangeReceived(exchange -> {
            throw failure;
        });
        clock();
    }

    private void clock() {
        assertThat(sender.send("direct:watch-database", exchange -> { }).getException()).isNull();
    }
}
