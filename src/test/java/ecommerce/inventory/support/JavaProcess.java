package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A JVM of its own, started by a test and ended with it, however that ends. */
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

    /** @param output a file, which is kept */
    public JavaProcess(List<String> arguments, Map<String, String> environment, Path output) throws IOException {
        this(List.of(), Path.of(""), arguments, environment, output);
    }

    private JavaProcess(List<String> wrapper, Path directory, List<String> arguments, Map<String, String> environment) throws IOException {
        this(wrapper, directory, arguments, environment, temporary());
    }

    private JavaProcess(List<String> wrapper, Path directory, List<String> arguments, Map<String, String> environment, Path output)
            throws IOException {
        this.output = output;
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile())
            .redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        EndOfJvm.kills(process.toHandle());
    }

    private static Path temporary() throws IOException {
        Path file = Files.createTempFile("java-process", ".log");
        file.toFile().deleteOnExit();
        return file;
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
        signal(signal);
        return exitCode();
    }

    /** Sends a signal: TERM, INT, STOP or CONT. */
    public void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    }

    /** {@code kill -9}, and waits for the end. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Waits for the end. */
    public int exitCode() throws InterruptedException {
        return exitCode(EXIT_LIMIT);
    }

    /** Waits for the end, at most as long. */
    public int exitCode(Duration limit) throws InterruptedException {
        if (!endsWithin(limit)) {
            throw new IllegalStateException("Did not end in " + limit + ":\n" + output());
        }
        return process.exitValue();
    }

    /** Waits for the end, at most as long, and answers whether it has ended. */
    boolean endsWithin(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /**
     * @param  which VmRSS, what it has now, or VmHWM, what it has had at most
     * @return       bytes of memory; nothing where the system does not say
     */
    public OptionalLong memory(String which) throws IOException {
        Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
        if (!Files.exists(status)) {
            return OptionalLong.empty();
        }
        Matcher line = Pattern.compile(which + ":\\s+(\\d+) kB").matcher(Files.readString(status));
        if (!line.find()) {
            throw new IllegalStateException("No " + which + " in " + status);
        }
        return OptionalLong.of(Long.parseLong(line.group(1)) << 10);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
