package ecommerce.inventory.support;

import static ecommerce.inventory.support.Waiting.await;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Two PostgreSQL servers, of which one, the primary, runs. {@link #addStandby} starts the other as a hot standby that follows it by
 * streaming replication. In a failover {@link #promote} exchanges the two: after {@link #demote}, which leaves the old primary running and
 * read-only, or after its loss ({@link PostgresServer#kill}).
 */
public final class PostgresPair implements AutoCloseable {

    private final List<Integer> ports;
    private PostgresServer primary;
    private PostgresServer standby;

    /** @param directory empty, for the data of both */
    public PostgresPair(Path directory) throws IOException {
        primary = new PostgresServer(directory);
        standby = new PostgresServer(directory);
        ports = List.of(primary.port(), standby.port());
        primary.start();
    }

    /** The ports of both servers. Their order stays. */
    public List<Integer> ports() {
        return ports;
    }

    /** A JDBC URL with both servers. The first primary stays the first. */
    public String url() {
        return url(ports);
    }

    /** A JDBC URL with several servers on this machine. */
    public static String url(List<Integer> ports) {
        return "jdbc:postgresql://" + ports.stream().map(port -> "localhost:" + port).collect(Collectors.joining(","))
            + "/postgres?sslmode=disable&gssEncMode=disable";
    }

    public PostgresServer primary() {
        return primary;
    }

    public PostgresServer standby() {
        return standby;
    }

    /** Starts the standby, on a copy of the primary. Commits do not wait for it. */
    public void addStandby() throws IOException, SQLException {
        standby.startAsStandbyOf(primary);
        awaitStandby("async");
    }

    /** Starts the standby, on a copy of the primary. From now on a commit succeeds when the standby has it on its disk. */
    public void addSynchronousStandby() throws IOException, SQLException {
        addStandby();
        configure("SET synchronous_standby_names = '*'");
        awaitStandby("sync");
    }

    private void awaitStandby(String state) {
        await().until(() -> primary.jdbc().queryForObject("SELECT count(*) = 1 FROM pg_stat_replication "
            + "WHERE state = 'streaming' AND sync_state = ?", Boolean.class, state));
    }

    private void configure(String setting) {
        primary.jdbc().execute("ALTER SYSTEM " + setting);
        primary.jdbc().execute("SELECT pg_reload_conf()");
    }

    /** Stops the standby; commits do not wait for it any longer. */
    public void removeStandby() throws IOException {
        configure("RESET synchronous_standby_names");
        standby.close();
    }

    /** Freezes the process that sends the primary's changes to the standby, until the primary ends. */
    public void holdBackChanges() throws IOException, InterruptedException {
        long sender = primary.jdbc().queryForObject("SELECT pid FROM pg_stat_replication", Long.class);
        PostgresServer.signal("STOP", ProcessHandle.of(sender).stream());
    }

    /** Makes the primary read-only. Its connections stay. Writes that have begun are finished and replicated. */
    public void demote() {
        configure("SET default_transaction_read_only = on");
        await().until(() -> "on".equals(primary.jdbc().queryForObject("SHOW default_transaction_read_only", String.class)));
        // Transactions that began earlier may still write, and so may a session that is just beginning one.
        OffsetDateTime readOnly = primary.jdbc().queryForObject("SELECT pg_catalog.clock_timestamp() + interval '1 second'", OffsetDateTime.class);
        await().until(() -> primary.jdbc().queryForObject("SELECT pg_catalog.clock_timestamp() > ? AND NOT EXISTS (SELECT FROM pg_stat_activity "
            + "WHERE xact_start <= ? AND backend_type = 'client backend')", Boolean.class, readOnly, readOnly));
        String written = primary.jdbc().queryForObject("SELECT CAST(pg_current_wal_lsn() AS text)", String.class);
        await().until(() -> standby.jdbc().queryForObject("SELECT pg_last_wal_replay_lsn() >= CAST(? AS pg_lsn)", Boolean.class, written));
    }

    /** Promotes the standby to the primary. The old primary takes its place: read-only if it was demoted, not running if it was lost. */
    public void promote() {
        standby.jdbc().queryForObject("SELECT pg_promote()", Boolean.class);
        PostgresServer old = primary;
        primary = standby;
        standby = old;
    }

    @Override
    public void close() throws IOException {
        standby.close();
        primary.close();
    }
}
