package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, started by a test and ended with it. */
public final class JavaProcess implements AutoCloseable {

    private static final int EXIT_SECONDS = 60;

    private final Path output;
    private final Process process;

    /** @param arguments what follows {@code java} on the command line */
    public JavaProcess(List<String> arguments) throws IOException {
        this(List.of(), arguments);
    }

    /**
     * @param wrapper   a command that runs the one that follows it in its place, such as {@code setpriv}
     * @param arguments what follows {@code java} on the command line
     */
    public JavaProcess(List<String> wrapper, List<String> arguments) throws IOException {
        output = Files.createTempFile("java-process", ".log");
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
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
        if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("Did not end in " + EXIT_SECONDS + " s:\n" + output());
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
