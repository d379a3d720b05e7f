package ecommerce.inventory.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A PgBouncer in transaction mode in front of a local PostgreSQL: each transaction uses any free connection. */
public final class PgBouncer implements AutoCloseable {

    private final Process process;
    private final int port;

    /**
     * Starts it.
     *
     * @param directory   empty, for its settings and log
     * @param server      port of PostgreSQL
     * @param connections to PostgreSQL, per role and database
     * @param roles       that may log in
     */
    public PgBouncer(Path directory, int server, int connections, String... roles) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        // It does not run as root; another user has to be able to read its files.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path users = Files.writeString(directory.resolve("users.txt"),
            Arrays.stream(roles).map(role -> "\"" + role + "\" \"\"\n").collect(Collectors.joining()));
        Path settings = Files.writeString(directory.resolve("pgbouncer.ini"), """
            [databases]
            * = host=localhost port=%d
            [pgbouncer]
            listen_addr = localhost
            listen_port = %d
            unix_socket_dir =
            auth_type = trust
            auth_file = %s
            pool_mode = transaction
            default_pool_size = %d
            ignore_startup_parameters = extra_float_digits
            """.formatted(server, port, users, connections));
        List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString()));
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("-u", "nobody"));
        }
        command.add(settings.toString());
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(directory.resolve("pgbouncer.log").toFile()).start();
        Waiting.await().until(() -> !process.isAlive() || listens());
        if (!process.isAlive()) {
            throw new IllegalStateException(Files.readString(directory.resolve("pgbouncer.log")));
        }
    }

    /** The path of the program, if it is installed. */
    public static Optional<Path> program() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin"))
            .map(directory -> Path.of(directory, "pgbouncer")).filter(Files::isExecutable).findFirst();
    }

    public int port() {
        return port;
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            // Does not accept connections yet.
            return false;
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
