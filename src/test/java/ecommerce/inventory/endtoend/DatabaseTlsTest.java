package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;

import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Certificate;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** The connection to PostgreSQL is encrypted, and the server's certificate is checked, unless the URL says otherwise. */
@ExtendWith(OutputCaptureExtension.class)
class DatabaseTlsTest {

    @TempDir
    private static Path folder;
    private static Certificate certificate;
    private static EmbeddedServiceBus bus;
    private static TestDatabase postgres;

    @BeforeAll
    static void start() throws Exception {
        bus = Backend.startBus(null);
        certificate = Certificate.selfSigned("localhost", folder);
        postgres = TestDatabase.start(server -> server
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", certificate.certificate().toString())
            .setServerConfig("ssl_key_file", certificate.key().toString()));
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
        bus.close();
    }

    @Test
    void aServerWithoutTlsIsRefused(CapturedOutput output) {
        String url = Backend.createDatabase().replace("?sslmode=disable", "");
        assertThatThrownBy(() -> Worker.start(url, bus));

        assertThat(output).contains("APPLICATION FAILED TO START", "PostgreSQL has to speak TLS", "spring.datasource.url");
    }

    @Test
    void aServerThatNobodyVouchesForIsRefused(CapturedOutput output) {
        assertThatThrownBy(() -> Worker.start(url("localhost", ""), bus));

        assertThat(output).contains("APPLICATION FAILED TO START", "with a certificate that Java trusts");
    }

    @Test
    void aServerOfAnotherNameIsRefused(CapturedOutput output) {
        assertThatThrownBy(() -> Worker.start(url("127.0.0.1", ownAuthority()), bus));

        assertThat(output).contains("APPLICATION FAILED TO START", "that names the host");
    }

    @Test
    void aServerOfAnAuthorityOfOnesOwnIsTrustedByItsCertificate() {
        try (var worker = Worker.start(url("localhost", ownAuthority()), bus)) {
            JdbcTemplate jdbc = worker.getBean(JdbcTemplate.class);
            assertThat(jdbc.queryForList("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                + "WHERE application_name = 'inventory-worker'", Boolean.class)).containsExactly(true);
        }
    }

    @Test
    void aServerThatJavaTrustsNeedsNoSetting() throws Exception {
        try (JavaProcess migration = new JavaProcess(Stream.concat(certificate.trusted().stream(), Stream.of("-cp", System.getProperty("java.class.path"),
            MigrateDatabase.class.getName(), "--spring.datasource.url=" + url("localhost", ""), "--spring.datasource.username=postgres")).toList())) {
            assertThat(migration.exitCode()).as(migration.output()).isZero();
        }
    }

    private static String url(String host, String parameters) {
        return "jdbc:postgresql://" + host + ":" + postgres.port() + "/postgres" + parameters;
    }

    private static String ownAuthority() {
        return "?sslfactory=org.postgresql.ssl.LibPQFactory&sslrootcert=" + certificate.certificate();
    }
}
