package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.Collectors;

import ecommerce.inventory.support.BaseBackup;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Waiting;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;

/** PostgreSQL with the worker's tables, and what can happen to it. It is one of two servers, as soon as one has taken over from the other. */
final class FaultyDatabase implements AutoCloseable {

    /**
     * Clock: the worker has the times of its work from now() and clock_timestamp(), which are found here before PostgreSQL's.
     * Disk: PostgreSQL answers a write that does not fit as this trigger does, and the transaction has failed.
     */
    private static final String WEAK_POINTS = """
        CREATE SCHEMA chaos;
        CREATE TABLE chaos.state (clock_jump interval NOT NULL, disk_full boolean NOT NULL);
        INSERT INTO chaos.state VALUES ('0', false);
        CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE
            AS 'SELECT pg_catalog.now() + (SELECT clock_jump FROM chaos.state)';
        CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT pg_catalog.clock_timestamp() + (SELECT clock_jump FROM chaos.state)';
        ALTER DATABASE postgres SET search_path = public, pg_catalog;
        CREATE FUNCTION chaos.fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT disk_full FROM chaos.state) THEN
                RAISE disk_full USING MESSAGE = 'could not extend file "base/5/16427": No space left on device';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON inbox FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        CREATE TRIGGER fill_disk BEFORE INSERT OR UPDATE ON inventory_reservations
            FOR EACH STATEMENT EXECUTE FUNCTION chaos.fill_disk();
        """;

    private final Path directory = Files.createTempDirectory("chaos");
    private final List<Integer> ports;
    private Server primary;
    private Server demoted;

    /** A server that runs, and where its files are. */
    private record Server(TestDatabase postgres, Path data) {

        static Server start(int port, Path data) {
            return new Server(TestDatabase.start(server -> server.setPort(port).setDataDirectory(data).setCleanDataDirectory(false)
                // What a copy of it has to fetch.
                .setServerConfig("wal_keep_size", "256MB")), data);
        }
    }

    FaultyDatabase() throws IOException {
        primary = Server.start(0, directory.resolve("server"));
        int port = primary.postgres.port();
        ports = List.of(port, TestSocketUtils.findAvailableTcpPort());
        TestDatabase.migrate(primary.postgres.url());
        jdbc().execute(WEAK_POINTS);
    }

    /** @param viaPorts where the servers are reached: their own or those of a proxy */
    static String url(List<Integer> viaPorts) {
        return "jdbc:postgresql://" + viaPorts.stream().map(port -> "localhost:" + port).collect(Collectors.joining(","))
            + "/postgres?sslmode=disable&gssEncMode=disable&targetServerType=primary";
    }

    /** Of both servers, of which the second is not always there. */
    List<Integer> ports() {
        return ports;
    }

    /** As it is shipped, but that the functions of the clock are found before PostgreSQL's. */
    static String initSql() {
        return Defaults.of("spring.datasource.hikari.connection-init-sql").replace("\"${inventory.database.schema}\"", "public, pg_catalog");
    }

    /** Straight to the server that takes writes, with a connection for each question. */
    JdbcTemplate jdbc() {
        return new JdbcTemplate(new DriverManagerDataSource(url(ports), "postgres", ""));
    }

    /** As {@link #jdbc()}. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(ports), "postgres", "");
    }

    /** As {@code pg_ctl stop -m immediate}: no checkpoint, no word to clients; the next start is a recovery from a crash. */
    void stop() throws IOException, InterruptedException {
        Path lock = primary.data.resolve("postmaster.pid");
        new ProcessBuilder("kill", "-QUIT", Files.readAllLines(lock).get(0)).start().waitFor();
        Waiting.await().until(() -> Files.notExists(lock));
        // It has stopped: what this still does is to forget it, and to complain that it could not be stopped.
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel(EmbeddedPostgres.class.getName(), LogLevel.OFF);
        primary.postgres.close();
        logging.setLogLevel(EmbeddedPostgres.class.getName(), null);
    }

    void startAgain() {
        primary = Server.start(primary.postgres.port(), primary.data);
    }

    /**
     * A copy of the server follows it. Then the server writes no more, though it keeps its sessions, and when the other one has all
     * that it has written, that takes over.
     */
    void failOver() throws IOException, SQLException {
        int port = primary.postgres.port();
        Path copy = Files.createTempDirectory(directory, "server");
        BaseBackup.of(primary.postgres, primary.data, copy);
        Server standby = Server.start(ports.get(0) == port ? ports.get(1) : ports.get(0), copy);
        JdbcTemplate old = primary.postgres.jdbc();
        old.execute("ALTER SYSTEM SET default_transaction_read_only = on");
        old.execute("SELECT pg_reload_conf()");
        Waiting.await().until(() -> "on".equals(old.queryForObject("SHOW default_transaction_read_only", String.class)));
        // Transactions that have begun before that may write; of a session that is just about to begin one it is not known.
        OffsetDateTime readOnly = old.queryForObject("SELECT pg_catalog.clock_timestamp() + interval '1 second'", OffsetDateTime.class);
        Waiting.await().until(() -> old.queryForObject("SELECT pg_catalog.clock_timestamp() > ? AND NOT EXISTS (SELECT FROM pg_stat_activity "
            + "WHERE xact_start <= ? AND backend_type = 'client backend')", Boolean.class, readOnly, readOnly));
        String written = old.queryForObject("SELECT pg_current_wal_lsn()::text", String.class);
        Waiting.await().until(() -> standby.postgres.jdbc().queryForObject("SELECT pg_last_wal_replay_lsn() >= ?::pg_lsn", Boolean.class, written));
        standby.postgres.jdbc().execute("SELECT pg_promote()");
        demoted = primary;
        primary = standby;
    }

    void stopDemoted() throws IOException {
        demoted.postgres.close();
        FileSystemUtils.deleteRecursively(demoted.data);
    }

    /** @param seconds from the real time, for all that ask from now on */
    void setClock(int seconds) {
        jdbc().update("UPDATE chaos.state SET clock_jump = make_interval(secs => ?)", seconds);
    }

    void setDiskFull(boolean full) {
        jdbc().update("UPDATE chaos.state SET disk_full = ?", full);
    }

    @Override
    public void close() throws IOException {
        primary.postgres.close();
        FileSystemUtils.deleteRecursively(directory);
    }
}
