package ecommerce.inventory.support;

import static ecommerce.inventory.support.Waiting.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * Two PostgreSQL servers: a primary, and a hot standby that follows it by streaming replication until it is promoted.
 * {@link #demote} and then {@link #promote} make a failover in which the old primary keeps its connections.
 */
public final class PostgresPair implements AutoCloseable {

    private static final Duration QUIET = Duration.ofMillis(200);

    private final TestDatabase primary;
    private final TestDatabase standby;

    /** @param directory empty, for the data of both */
    public PostgresPair(Path directory) throws IOException, SQLException {
        Path data = directory.resolve("primary");
        primary = TestDatabase.start(server -> server.setDataDirectory(data).setCleanDataDirectory(false)
            // The standby requests all changes since the copy.
            .setServerConfig("wal_keep_size", "1GB"));
        // PostgreSQL requires a directory that only its user can read.
        Path copy = Files.createTempDirectory(directory, "standby");
        BaseBackup.of(primary, data, copy);
        standby = TestDatabase.start(server -> server.setDataDirectory(copy).setCleanDataDirectory(false));
    }

    /** A JDBC URL with both servers, the primary first. */
    public String url() {
        return "jdbc:postgresql://localhost:" + primary.port() + ",localhost:" + standby.port() + "/postgres?sslmode=disable";
    }

    /** Access to the primary as an administrator, with a new connection for each query. */
    public JdbcTemplate primary() {
        return jdbc(primary);
    }

    /** The same for the standby. */
    public JdbcTemplate standby() {
        return jdbc(standby);
    }

    private static JdbcTemplate jdbc(TestDatabase server) {
        return new JdbcTemplate(new DriverManagerDataSource(server.url(), "postgres", ""));
    }

    /** Makes the primary read-only. Its connections stay. Writes that have begun are finished and replicated. */
    public void demote() {
        primary().execute("ALTER SYSTEM SET default_transaction_read_only = on");
        primary().execute("SELECT pg_reload_conf()");
        await().during(QUIET).until(() -> primary().queryForObject(
            "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_xid IS NOT NULL", Boolean.class));
        String written = primary().queryForObject("SELECT CAST(pg_current_wal_flush_lsn() AS text)", String.class);
        await().until(() -> standby().queryForObject("SELECT pg_last_wal_replay_lsn() >= CAST(? AS pg_lsn)", Boolean.class, written));
    }

    /** Promotes the standby to a primary. */
    public void promote() {
        standby().queryForObject("SELECT pg_promote()", Boolean.class);
    }

    @Override
    public void close() throws IOException {
        standby.close();
        primary.close();
    }
}
