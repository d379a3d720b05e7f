package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.Stream;

import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.FileSystemResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** {@code MigrateDatabase --wait}: a pod of a new version waits for its tables. */
class WaitForMigrationTest {

    private static final String WAITING = "Waiting for the migration of the tables: ";

    @Test
    void itWaitsUnderTheWorkersRoleUntilTheLastMigrationOfItsVersion() throws Exception {
        // Of its own, because roles belong to a server.
        try (TestDatabase server = TestDatabase.start()) {
            new ResourceDatabasePopulator(new FileSystemResource("k8s/database/roles.sql")).execute(server.jdbc().getDataSource());
            try (JavaProcess wait = start(server.url(), "inventory_worker")) {
                await().untilAsserted(() -> assertThat(wait.output()).contains(WAITING + "Detected resolved migration not applied to database: 1"));
                TestDatabase.migrate(server.url(), "spring.datasource.username=inventory_migration", "spring.flyway.target=2");
                assertThat(wait.handle().isAlive()).as("some are missing").isTrue();
                TestDatabase.migrate(server.url(), "spring.datasource.username=inventory_migration",
                    "spring.flyway.locations=classpath:db/migration,classpath:db/roles");

                assertThat(wait.exitCode()).as(wait.output()).isZero();
                assertThat(wait.output()).containsOnlyOnce(WAITING).doesNotContain("ERROR", "org.flywaydb");
            }
        }
    }

    @Test
    void aNewerVersionHasMigratedToo() throws Exception {
        String database = Backend.createDatabase();
        TestDatabase.migrate(database, "spring.flyway.locations=classpath:db/migration,classpath:migrations/newer");

        try (JavaProcess wait = start(database, "postgres")) {
            assertThat(wait.exitCode()).as(wait.output()).isZero();
            assertThat(wait.output()).doesNotContain(WAITING);
        }
    }

    @Test
    void anUnavailableDatabaseIsWaitedForAndOneThatDoesNotAnswerIsAskedAgain() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                JavaProcess wait = start("jdbc:postgresql://localhost:" + silent.getLocalPort() + "/postgres?sslmode=disable", "postgres",
                    "--spring.datasource.hikari.data-source-properties.socketTimeout=1")) {
            await().until(() -> wait.output().contains(WAITING + "PostgreSQL is unavailable: Read timed out"));
            silent.close();
            try (TestDatabase server = TestDatabase.start(postgres -> postgres.setPort(silent.getLocalPort()))) {
                TestDatabase.migrate(server.url());

                assertThat(wait.exitCode()).as(wait.output()).isZero();
            }
        }
    }

    @Test
    void aRoleOrPasswordThatIsRefusedForLongerThanItsChangeTakesIsReadAgainByARestart() throws Exception {
        try (TestDatabase server = TestDatabase.start()) {
            server.authenticate("host all inventory all scram-sha-256");

            try (JavaProcess wait = start(server.url(), "inventory", "--spring.datasource.password=old", "--inventory.database.refusal-limit=PT2S")) {
                assertThat(wait.exitCode()).isEqualTo(1);
                assertThat(wait.output()).contains(WAITING + "PostgreSQL refuses the worker's role or password",
                    "check spring.datasource.username and spring.datasource.password").doesNotContain("\tat ");
            }
        }
    }

    @Test
    void itEndsBySigtermWhileItWaits() throws Exception {
        try (JavaProcess wait = start(Backend.createDatabase(), "postgres")) {
            await().until(() -> wait.output().contains(WAITING));

            assertThat(wait.end("TERM")).isEqualTo(143);
        }
    }

    private static JavaProcess start(String database, String role, String... settings) throws IOException {
        return new JavaProcess(Stream.concat(JavaProcess.shortLived("-cp", JavaProcess.classPath(),
            MigrateDatabase.class.getName(), "--wait", "--spring.datasource.url=" + database, "--spring.datasource.username=" + role).stream(),
            Stream.of(settings)).toList());
    }
}
