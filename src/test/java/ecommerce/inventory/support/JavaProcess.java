package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, started by a test and ended with it. */
public final class JavaProcess implements AutoCloseable {

    private static final Duration EXIT_LIMIT = Duration.ofSeconds(60);

    private final Path output;
    private final Process process;

    /** @param arguments what follows {@code java} on the command line */
    public JavaProcess(List<String> arguments) throws IOException {
        this(List.of(), Path.of(""), arguments, Map.of());
    }

    /** @param directory that it works in */
    public JavaProcess(Path directory, List<String> arguments) throws IOException {
        this(List.of(), directory, arguments, Map.of());
    }

    /** @param environment variables that it gets besides those of this process */
    public JavaProcess(List<String> arguments, Map<String, String> environment) throws IOException {
        this(List.of(), Path.of(""), arguments, environment);
    }

    /** @param wrapper a command that runs the one that follows it in its place, such as {@code setpriv} */
    public JavaProcess(List<String> wrapper, List<String> arguments) throws IOException {
        this(wrapper, Path.of(""), arguments, Map.of());
    }

    private JavaProcess(List<String> wrapper, Path directory, List<String> arguments, Map<String, String> environment)
            throws IOException {
        output = Files.createTempFile("java-process", ".log");
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile())
            .redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /** What it has printed so far. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Sends a signal and waits for the end.
     *
     * @param  signal TERM or INT
     * @return        exit code; 143 after TERM, 130 after INT
     */
    public int end(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
        return exitCode();
    }

    /** Waits for the end. */
    public int exitCode() throws InterruptedException {
        return exitCode(EXIT_LIMIT);
    }

    /** Waits for the end, at most as long. */
    public int exitCode(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("Did not end in " + limit + ":\n" + output());
        }
        return process.exitValue();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.delete(output);
    }
}
