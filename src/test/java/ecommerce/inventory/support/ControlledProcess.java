package ecommerce.inventory.support;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that is controlled by commands: a command is a line of words, and so is its answer. It has the class path of this process,
 * and ends with it, however this one ends. Its log is {@code target/processes/<name>.log}.
 */
public class ControlledProcess implements AutoCloseable {

    private static final String FAILED = "failed: ";
    private static final Path LOGS = Path.of("target", "processes");
    private static final int EXIT_LIMIT = 10;

    private final String name;
    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /** The commands of the process. */
    public interface Commands {

        /** @return the answer, one line */
        String run(List<String> command) throws Exception;
    }

    /**
     * Starts it.
     *
     * @param main a class whose main method calls {@link #serve}
     */
    public ControlledProcess(String name, List<String> jvmOptions, Class<?> main, List<String> arguments) throws IOException {
        this.name = name;
        Files.createDirectories(LOGS);
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString())
            .redirectError(LOGS.resolve(name + ".log").toFile());
        builder.command().addAll(jvmOptions);
        builder.command().addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        builder.command().addAll(arguments);
        process = builder.start();
        commands = process.outputWriter(StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /**
     * Sends a command and waits for the answer.
     *
     * @throws IllegalStateException when the command failed
     */
    public synchronized String ask(Object... words) {
        try {
            for (Object word : words) {
                commands.write(word + " ");
            }
            commands.write("\n");
            commands.flush();
            String answer = answers.readLine();
            if (answer == null || answer.startsWith(FAILED)) {
                throw new IllegalStateException(name + ": " + List.of(words) + ": " + answer + "; see " + LOGS);
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + List.of(words) + "; see " + LOGS, e);
        }
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Ends the process, as the end of this one would. */
    @Override
    public void close() throws IOException {
        commands.close();
        try {
            process.waitFor(EXIT_LIMIT, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    /** Runs in the process: answers commands until the input ends, then ends the JVM. */
    public static void serve(Commands commands) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                answer = commands.run(List.of(line.strip().split(" ")));
            } catch (Exception e) {
                e.printStackTrace();
                answer = FAILED + String.valueOf(e).replace('\n', ' ');
            }
            answers.println(answer);
            answers.flush();
        }
        System.exit(0);
    }
}
