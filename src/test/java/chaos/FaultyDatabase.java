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

/** PostgreSQL with the worker's tables, and its faults. After the first failover it consists of two servers. */
final class FaultyDatabase implements AutoCloseable {

    /**
     * Clock: the worker's statements take the time from now() and clock_timestamp(); these functions replace PostgreSQL's.
     * Disk: the trigger raises the error that PostgreSQL raises when the disk is full, which fails the transaction.
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

    /** A running server, and the directory of its data. */
    private record Server(TestDatabase postgres, Path data) {

        static Server start(int port, Path data) {
            return new Server(TestDatabase.start(server -> server.setPort(port).setDataDirectory(data).setCleanDataDirectory(false)
                // The log that a copy of the server has to fetch.
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

    /** @param viaPorts ports of the servers, or those of a proxy */
    static String url(List<Integer> viaPorts) {
        return "jdbc:postgresql://" + viaPorts.stream().map(port -> "localhost:" + port).collect(Collectors.joining(","))
            + "/postgres?sslmode=disable&gssEncMode=disable&targetServerType=primary";
    }

    /** The ports of both servers, the second of which does not always run. */
    List<Integer> ports() {
        return ports;
    }

    /** The shipped SQL for new connections, with a search path in which the clock's functions come before PostgreSQL's. */
    static String initSql() {
        return Defaults.of("spring.datasource.hikari.connection-init-sql").replace("\"${inventory.database.schema}\"", "public, pg_catalog");
    }

    /** Direct access to the primary, with a new connection for each query. */
    JdbcTemplate jdbc() {
        return new JdbcTemplate(new DriverManagerDataSource(url(ports), "postgres", ""));
    }

    /** A direct connection to the primary. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(ports), "postgres", "");
    }

    /** As {@code pg_ctl stop -m immediate}: no checkpoint, no message to clients; the next start recovers from a crash. */
    void stop() throws IOException, InterruptedException {
        Path lock = primary.data.resolve("postmaster.pid");
        new ProcessBuilder("kill", "-QUIT", Files.readAllLines(lock).get(0)).start().waitFor();
        Waiting.await().until(() -> Files.notExists(lock));
        // The server has stopped already: this only releases its resources, and would log that the stop failed.
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel(EmbeddedPostgres.class.getName(), LogLevel.OFF);
        primary.postgres.close();
        logging.setLogLevel(EmbeddedPostgres.class.getName(), null);
    }

    void startAgain() {
        primary = Server.start(primary.postgres.port(), primary.data);
    }

    /**
     * Fails over to a copy of the server: starts a standby, makes the primary read-only while its sessions stay open, and promotes the
     * standby when it has caught up.
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
        // Transactions that began earlier may still write, and so may a session that is just beginning one.
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

    /** @param seconds offset from the real time, for all later queries */
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
