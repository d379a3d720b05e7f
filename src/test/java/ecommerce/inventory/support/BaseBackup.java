package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Copies a running PostgreSQL, as pg_basebackup does, which is not among the embedded programs. */
public final class BaseBackup extends SimpleFileVisitor<Path> {

    private static final Set<String> OF_THE_PROCESS = Set.of("postmaster.pid", "postmaster.opts", "epg-lock");
    /** Is not copied: the server on the copy fetches from the other one what is written during the copy. */
    private static final Path WRITE_AHEAD_LOG = Path.of("pg_wal");

    private final Path from;
    private final Path to;

    private BaseBackup(Path from, Path to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Makes a copy, on which a server starts as a standby of the first.
     *
     * @param from directory of the server's data
     * @param to   an empty directory
     */
    public static void of(TestDatabase server, Path from, Path to) throws IOException, SQLException {
        try (Connection session = server.jdbc().getDataSource().getConnection()) {
            JdbcTemplate backup = new JdbcTemplate(new SingleConnectionDataSource(session, true));
            backup.execute("SELECT pg_backup_start('standby', true)");
            Files.walkFileTree(from, new BaseBackup(from, to));
            Files.writeString(to.resolve("backup_label"), backup.queryForObject("SELECT labelfile FROM pg_backup_stop(false)", String.class));
            Files.writeString(to.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=localhost port=" + server.port() + " user=postgres'\n", StandardOpenOption.APPEND);
            Files.createFile(to.resolve("standby.signal"));
        }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        if (!directory.equals(from)) {
            Files.copy(directory, copy(directory), StandardCopyOption.COPY_ATTRIBUTES);
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        if (!OF_THE_PROCESS.contains(file.getFileName().toString()) && !from.relativize(file).startsWith(WRITE_AHEAD_LOG)) {
            try {
                Files.copy(file, copy(file), StandardCopyOption.COPY_ATTRIBUTES);
            } catch (NoSuchFileException e) {
                return visitFileFailed(file, e);
            }
        }
        return FileVisitResult.CONTINUE;
    }

    /** A file that the server deletes during the copy is not needed. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }

    private Path copy(Path path) {
        return to.resolve(from.relativize(path));
    }
}
