package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.EntraId;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** Worker and migration log in to PostgreSQL by tokens of Entra ID, without a password. */
class EntraLoginTest {

    private static final String PLUGIN = "&authenticationPluginClassName=com.azure.identity.extensions.jdbc.postgresql.AzurePostgresqlAuthenticationPlugin";
    private static final String TOKEN = "token-that-must-not-leak-";
    private static final List<String> LOGGERS = List.of("ecommerce", "org.apache.camel", "org.springframework", "org.flywaydb", "com.zaxxer.hikari");

    private static TestDatabase postgres;
    private static JdbcTemplate jdbc;
    private static EntraId entra;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        entra = new EntraId(folder);
        postgres = TestDatabase.start();
        jdbc = postgres.jdbc();
        jdbc.execute("CREATE ROLE inventory LOGIN");
        jdbc.execute("GRANT CREATE ON SCHEMA public TO inventory");
        // Azure's server asks for the token as it would for a password in clear text.
        postgres.authenticate("host all inventory all password");
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
        entra.close();
    }

    @Test
    void theyNeedNoPasswordAndEachNewConnectionHasATokenThatIsValidThen() throws Exception {
        issueAndAccept("1");
        try (JavaProcess migration = start(MigrateDatabase.class)) {
            assertThat(migration.exitCode()).as(migration.output()).isZero();
            assertNoTokenIn(migration.output());
        }
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);
        try (JavaProcess worker = start(InventoryWorker.class, "--inventory.database.migrate-at-start=false", "--server.port=0", "--management.server.port=0",
                "--inventory.servicebus.connection-string=" + bus.connectionString())) {
            await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
            issueAndAccept("2");
            jdbc.queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'inventory'");
            jdbc.update("INSERT INTO inventory (product_id, available_stock) VALUES ('a', 1)");
            shop.send(order("order-1", "1 a"));

            await().until(() -> shop.events("order-1").size() == 1);
            worker.end("TERM");
            assertNoTokenIn(worker.output());
        } finally {
            shop.destroy();
        }
    }

    @Test
    void aTokenThatTheServerRefusesIsNotReportedAsAWrongPassword() throws Exception {
        issueAndAccept("3");
        entra.issue(TOKEN + "4");

        try (JavaProcess migration = start(MigrateDatabase.class)) {
            assertThat(migration.exitCode()).isEqualTo(1);
            assertThat(migration.output()).contains("password authentication failed for user \"inventory\"",
                "spring.datasource.username has to be the role of the identity");
            assertNoTokenIn(migration.output());
        }
    }

    @Test
    void anIdentityThatEntraIdRefusesIsNamedByItsError() throws Exception {
        entra.issue(null);

        try (JavaProcess migration = start(MigrateDatabase.class)) {
            assertThat(migration.exitCode()).isEqualTo(1);
            assertThat(migration.output()).contains("AADSTS700213", "Entra ID issues no token for the database");
            assertNoTokenIn(migration.output());
        }
    }

    /** The server accepts only this token from now on. */
    private static void issueAndAccept(String number) {
        entra.issue(TOKEN + number);
        jdbc.execute("ALTER ROLE inventory PASSWORD '" + TOKEN + number + "'");
    }

    private static JavaProcess start(Class<?> main, String... settings) throws IOException {
        List<String> arguments = new ArrayList<>(entra.jvmOptions());
        arguments.addAll(JavaProcess.shortLived("-cp", JavaProcess.classPath(), main.getName(),
            "--spring.datasource.url=" + postgres.url() + PLUGIN, "--spring.datasource.username=inventory"));
        arguments.addAll(List.of(settings));
        LOGGERS.forEach(logger -> arguments.add("--logging.level." + logger + "=DEBUG"));
        return new JavaProcess(arguments, entra.environment());
    }

    private static void assertNoTokenIn(String output) {
        assertThat(output).as("DEBUG is on").contains(" DEBUG ");
        assertThat(output.lines().filter(line -> line.contains(TOKEN) || line.contains(EntraId.SERVICE_ACCOUNT))).as("lines with a token").isEmpty();
    }
}
