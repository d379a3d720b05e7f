package ecommerce.inventory.support;

import java.io.File;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A JVM that a test starts, and that ends with the test, however that ends. */
public final class JavaProcess implements AutoCloseable {

    private static final Duration EXIT_LIMIT = Duration.ofSeconds(60);

    private final Path output;
    private final Process process;

    /** @param arguments of {@code java} */
    public JavaProcess(List<String> arguments) throws IOException {
        this(List.of(), Path.of(""), arguments, Map.of());
    }

    /** @param directory the working directory */
    public JavaProcess(Path directory, List<String> arguments) throws IOException {
        this(List.of(), directory, arguments, Map.of());
    }

    /** @param environment variables in addition to those of this process */
    public JavaProcess(List<String> arguments, Map<String, String> environment) throws IOException {
        this(List.of(), Path.of(""), arguments, environment);
    }

    /** @param wrapper a command that replaces itself with the command behind it, such as {@code setpriv} */
    public JavaProcess(List<String> wrapper, List<String> arguments) throws IOException {
        this(wrapper, Path.of(""), arguments, Map.of());
    }

    /** @param output a file, which stays */
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

    /** The arguments of a JVM that does little: for it, the second compiler and a concurrent collector cost more than they save. */
    public static List<String> shortLived(String... arguments) {
        return Stream.concat(Stream.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), Stream.of(arguments)).toList();
    }

    /** The class path of this process without the tests, and so without their log levels. */
    public static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).filter(entry -> !entry.endsWith("test-classes"))
            .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path temporary() throws IOException {
        Path file = Files.createTempFile("java-process", ".log");
        file.toFile().deleteOnExit();
        return file;
    }

    /** The output so far. */
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

    /** Waits for the end, up to a limit. */
    public int exitCode(Duration limit) throws InterruptedException {
        if (!endsWithin(limit)) {
            throw new IllegalStateException("Did not end within " + limit + ":\n" + output());
        }
        return process.exitValue();
    }

    /** Waits for the end, up to a limit, and returns whether the process has ended. */
    boolean endsWithin(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /**
     * @param  which VmRSS for the current memory, VmHWM for the peak
     * @return       bytes; empty if the system does not report them
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
