package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** PostgreSQL runs but refuses the worker: what health and log report, and how the worker recovers by itself. */
@ExtendWith(OutputCaptureExtension.class)
class DatabaseAccessTest {

    private static TestDatabase postgres;
    private static EmbeddedServiceBus bus;
    private static ShopDriver shop;
    private static ConfigurableApplicationContext worker;
    private static ManagementPort management;
    private static JdbcTemplate administrator;
    private static int orders;

    @BeforeAll
    static void start() throws IOException {
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        postgres = TestDatabase.start();
        administrator = postgres.jdbc();
        administrator.execute("CREATE ROLE worker LOGIN PASSWORD 'first'");
        administrator.execute("CREATE DATABASE inventory OWNER worker");
        postgres.authenticate("host all worker all scram-sha-256");
        worker = Worker.start(postgres.url("inventory"), bus,
            "spring.datasource.username=worker", "spring.datasource.password=first", "spring.datasource.hikari.connection-timeout=500",
            "inventory.database.watch-schedule=* * * * * ?", "inventory.database.refusal-limit=PT1S", "inventory.outbox.outage-pause=PT0.2S");
        new Tables(worker.getBean(JdbcTemplate.class)).stock("a", 100);
        management = new ManagementPort(worker.getEnvironment());
    }

    @AfterAll
    static void stop() throws IOException {
        worker.close();
        shop.destroy();
        postgres.close();
    }

    /** Only a changed password needs a restart; if the role may log in again, the worker notices without one. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        ALTER ROLE worker PASSWORD 'second' | ALTER ROLE worker PASSWORD 'first'
        ALTER ROLE worker NOLOGIN           | ALTER ROLE worker LOGIN
        """)
    void credentialsThatAreRefusedAreReportedAndTheWorkerIsToBeRestarted(String statement, String undo, CapturedOutput output) {
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));

        administrator.execute(statement);
        String order;
        try {
            endConnections();
            order = sendOrder();
            await().untilAsserted(() -> assertThat(management.get("health/liveness").statusCode()).isEqualTo(503));
            assertThat(management.get("health/readiness").statusCode()).isEqualTo(503);
            assertThat(management.get("health/readiness").body()).contains("PostgreSQL refuses the worker's role or password: FATAL: ");
            assertThat(output).contains("The database is unavailable: PostgreSQL refuses the worker's role or password: FATAL: ");
        } finally {
            administrator.execute(undo);
        }
        assertDoneWithoutBurning(order);
        assertThat(management.get("health/liveness").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ALTER DATABASE inventory ALLOW_CONNECTIONS false | ALTER DATABASE inventory ALLOW_CONNECTIONS true | unavailable: FATAL: database
        ALTER ROLE worker CONNECTION LIMIT 0 | ALTER ROLE worker CONNECTION LIMIT -1 | unavailable: FATAL: too many connections for role
        ALTER SYSTEM SET default_transaction_read_only = on | ALTER SYSTEM RESET default_transaction_read_only | read-only:
        """)
    void anythingElseIsReportedAndTheWorkerIsUnreadyButAlive(String statement, String undo, String reason, CapturedOutput output) {
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));

        execute(statement);
        String order;
        try {
            // Except on a read-only server, whose connections stay.
            if (!statement.contains("read_only")) {
                endConnections();
            }
            await().untilAsserted(() -> assertThat(management.get("health/readiness").body()).contains("PostgreSQL is " + reason));
            // Not before: a connection that has not read the server's new setting yet would commit it.
            order = sendOrder();
            assertThat(management.get("health/readiness").statusCode()).isEqualTo(503);
            await().until(() -> output.getOut().contains(", the message is held, try "));
            // Longer than the time after which refused credentials lead to a restart.
            await().until(() -> output.getOut().split("The relay pauses for").length > 5);
            assertThat(management.get("health/liveness").statusCode()).as("a restart would not help").isEqualTo(200);
        } finally {
            execute(undo);
        }
        assertDoneWithoutBurning(order);
    }

    private static void execute(String statement) {
        administrator.execute(statement);
        administrator.execute("SELECT pg_reload_conf()");
    }

    /** Repeats until there is none: a connection that is just logging in is not visible at first. */
    private static void endConnections() {
        await().until(() -> administrator.queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'worker'").isEmpty());
    }

    private static String sendOrder() {
        String order = "order-" + ++orders;
        shop.send(order(order, "1 a"));
        return order;
    }

    private static void assertDoneWithoutBurning(String order) {
        await().until(() -> shop.events(order).size() == 1);
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));
        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.abandoned() + counts.expiredLocks() + counts.deadLetteredTotal()).as("delivery attempts used up").isZero();
        assertThat(new Tables(worker.getBean(JdbcTemplate.class)).count("inbox WHERE retry_count > 0")).as("attempts used up").isZero();
    }
}
