package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;

/** A PostgreSQL server that keeps its port and its data when it stops, and starts again with them or as a standby of another server. */
public final class PostgresServer implements AutoCloseable {

    private final Path directory;
    private final int port = TestSocketUtils.findAvailableTcpPort();
    private Path data;
    /** Null while it does not run. */
    private TestDatabase running;

    /** @param directory for its data */
    PostgresServer(Path directory) throws IOException {
        this.directory = directory;
        // PostgreSQL requires a directory that only its user can read.
        data = Files.createTempDirectory(directory, "server");
    }

    public int port() {
        return port;
    }

    /** Access as an administrator, with a new connection for each query. */
    public JdbcTemplate jdbc() {
        return new JdbcTemplate(new DriverManagerDataSource(PostgresPair.url(List.of(port)), "postgres", ""));
    }

    /** The number of commits that wait until a synchronous standby has them. */
    public long commitsWaiting() {
        return jdbc().queryForObject("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", Long.class);
    }

    /** Starts it with the data that it has: a database without tables at first. */
    public void start() {
        running = TestDatabase.start(server -> server.setPort(port).setDataDirectory(data).setCleanDataDirectory(false)
            // The log that a copy of the server has to fetch.
            .setServerConfig("wal_keep_size", "256MB"));
    }

    /** Discards its data, and starts it as a hot standby on a copy of the primary's. It must not be running. */
    void startAsStandbyOf(PostgresServer primary) throws IOException, SQLException {
        FileSystemUtils.deleteRecursively(data);
        data = Files.createTempDirectory(directory, "server");
        BaseBackup.of(primary.running, primary.data, data);
        start();
    }

    /** As {@code pg_ctl stop -m immediate}: no checkpoint, no message to clients; the next start recovers from a crash. */
    public void stopImmediately() throws IOException, InterruptedException {
        signal("QUIT", Stream.of(postmaster()));
        Waiting.await().until(() -> Files.notExists(lockFile()));
        hasStopped();
    }

    /** SIGSTOP to all of its processes, as when its machine hangs or is cut off: connections stay open, nothing answers. Kill it afterwards. */
    public void freeze() throws IOException, InterruptedException {
        ProcessHandle postmaster = freezePostmaster();
        signal("STOP", postmaster.children());
        // It can stop only then.
        EndOfJvm.runs("kill -CONT " + postmaster.pid());
    }

    /** SIGKILL to all of its processes at once: none of them finishes what it does. */
    public void kill() throws IOException, InterruptedException {
        ProcessHandle postmaster = freezePostmaster();
        signal("KILL", Stream.concat(postmaster.children(), Stream.of(postmaster)));
        // A process without a command is a zombie.
        Waiting.await().until(() -> !postmaster.isAlive() || postmaster.info().command().isEmpty());
        hasStopped();
    }

    /** So that it starts no process that would be missed. */
    private ProcessHandle freezePostmaster() throws IOException, InterruptedException {
        ProcessHandle postmaster = postmaster();
        signal("STOP", Stream.of(postmaster));
        return postmaster;
    }

    private ProcessHandle postmaster() throws IOException {
        return ProcessHandle.of(Long.parseLong(Files.readAllLines(lockFile()).get(0))).orElseThrow();
    }

    private Path lockFile() {
        return data.resolve("postmaster.pid");
    }

    static void signal(String signal, Stream<ProcessHandle> processes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
        processes.forEach(process -> command.add(String.valueOf(process.pid())));
        new ProcessBuilder(command).start().waitFor();
    }

    private void hasStopped() throws IOException {
        // This only releases its resources, and would log that the stop failed.
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel(EmbeddedPostgres.class.getName(), LogLevel.OFF);
        close();
        logging.setLogLevel(EmbeddedPostgres.class.getName(), null);
    }

    @Override
    public void close() throws IOException {
        if (running != null) {
            running.close();
            running = null;
        }
    }
}
