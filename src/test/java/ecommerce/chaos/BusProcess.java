package ecommerce.chaos;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.servicebus.Counts;

/** Service Bus: {@link BusMain} in a process of its own. It is never restarted, as it keeps its messages in memory. */
final class BusProcess implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "SAS_KEY_VALUE";

    private final Process process;
    private final BufferedReader answers;
    private final String connectionString;

    /**
     * Starts it with the shipped topology, but for duplicate detection: that a worker sends an event twice is to be seen.
     *
     * @param directory for its files
     * @param key       that its connection string is to have
     */
    BusProcess(Path directory, Duration lock, String key) throws IOException {
        Path configuration = directory.resolve("servicebus.json");
        Files.writeString(configuration, Files.readString(Path.of("servicebus", "Config.json"))
            .replace("\"RequiresDuplicateDetection\": true", "\"RequiresDuplicateDetection\": false"));
        process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-cp",
            System.getProperty("java.class.path"), BusMain.class.getName(), configuration.toString(), lock.toString())
            .redirectError(new File(directory.toFile(), "servicebus.log")).start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        connectionString = JSON.readValue(answer(), String.class).replace(KEY, key);
    }

    String connectionString() {
        return connectionString;
    }

    /** @param command that {@link BusMain} knows, with its argument */
    void tell(String command) {
        ask(command);
    }

    Counts counts(String entity) {
        return JSON.convertValue(read(ask("counts " + entity)), Counts.class);
    }

    /** Reason by MessageId. */
    Map<String, String> deadLetters(String entity) {
        return JSON.convertValue(read(ask("dead-letters " + entity)), new TypeReference<>() { });
    }

    private static Object read(String json) {
        try {
            return JSON.readValue(json, Object.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized String ask(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines that are no JSON are of its log. */
    private String answer() throws IOException {
        String line = answers.readLine();
        while (line != null && !line.startsWith("{") && !line.startsWith("\"")) {
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException("The bus has ended");
        }
        return line;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
