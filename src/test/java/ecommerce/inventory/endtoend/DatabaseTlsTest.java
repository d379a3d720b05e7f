package ecommerce.inventory.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Backend;
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

    private static final String PASSWORD = "changeit";

    @TempDir
    private static Path folder;
    private static EmbeddedServiceBus bus;
    private static TestDatabase postgres;

    @BeforeAll
    static void start() throws Exception {
        bus = Backend.startBus(null);
        makeCertificate("localhost");
        postgres = TestDatabase.start(server -> server
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", folder.resolve("server.crt").toString())
            .setServerConfig("ssl_key_file", folder.resolve("server.key").toString()));
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
        try (JavaProcess migration = new JavaProcess(List.of("-Djavax.net.ssl.trustStore=" + folder.resolve("server.p12"),
            "-Djavax.net.ssl.trustStorePassword=" + PASSWORD, "-cp", System.getProperty("java.class.path"), MigrateDatabase.class.getName(),
            "--spring.datasource.url=" + url("localhost", ""), "--spring.datasource.username=postgres"))) {
            assertThat(migration.exitCode()).as(migration.output()).isZero();
        }
    }

    private static String url(String host, String parameters) {
        return "jdbc:postgresql://" + host + ":" + postgres.port() + "/postgres" + parameters;
    }

    private static String ownAuthority() {
        return "?sslfactory=org.postgresql.ssl.LibPQFactory&sslrootcert=" + folder.resolve("server.crt");
    }

    /** Creates a key and a self-signed certificate, for PostgreSQL and as a trust store. */
    private static void makeCertificate(String host) throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("server.p12");
        int exit = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server",
            "-keyalg", "EC", "-dname", "CN=" + host, "-ext", "san=dns:" + host, "-validity", "2", "-storetype", "PKCS12",
            "-keystore", store.toString(), "-storepass", PASSWORD).inheritIO().start().waitFor();
        assertThat(exit).as("keytool").isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        write("server.crt", "CERTIFICATE", keys.getCertificate("server").getEncoded());
        write("server.key", "PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
        // The trust store contains the certificate without the key.
        keys.setCertificateEntry("trusted", keys.getCertificate("server"));
        try (var out = Files.newOutputStream(store)) {
            keys.store(out, PASSWORD.toCharArray());
        }
    }

    private static void write(String file, String type, byte[] content) throws IOException {
        // PostgreSQL refuses a key that other users can read.
        Path path = Files.createFile(folder.resolve(file), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(path, "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END " + type + "-----\n");
    }
}
