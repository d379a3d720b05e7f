package chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.ControlledProcess;
import servicebus.BrowsedMessage;
import servicebus.Counts;
import servicebus.EmbeddedServiceBus;

/** Service Bus in a JVM of its own, with what can happen to it. It is never restarted, as it keeps its messages in memory. */
final class BusProcess extends ControlledProcess {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "SAS_KEY_VALUE";
    private static final String EVENTS = "inventory";

    private final String connectionString;

    /**
     * Starts it with the shipped topology, but for duplicate detection: that a worker sends an event twice is to be seen.
     *
     * @param directory for its configuration
     * @param lock      how long it locks messages
     * @param key       that its connection string is to have
     */
    BusProcess(Path directory, Duration lock, String key) throws IOException {
        super("chaos-service-bus", List.of("-Xmx256m"), BusProcess.class, List.of(configuration(directory).toString(), lock.toString()));
        connectionString = ask("connection-string").replace(KEY, key);
    }

    private static Path configuration(Path directory) throws IOException {
        return Files.writeString(directory.resolve("servicebus.json"), Files.readString(Path.of("servicebus", "Config.json"))
            .replace("\"RequiresDuplicateDetection\": true", "\"RequiresDuplicateDetection\": false"));
    }

    /**
     * Runs the bus.
     *
     * @param arguments the configuration; the lock duration, ISO 8601
     */
    public static void main(String[] arguments) throws IOException {
        EmbeddedServiceBus bus = EmbeddedServiceBus.start(Path.of(arguments[0]),
            EmbeddedServiceBus.Options.defaults().withLockDurationOverride(Duration.parse(arguments[1])));
        serve(command -> run(bus, command.get(0), command.get(command.size() - 1)));
    }

    private static String run(EmbeddedServiceBus bus, String command, String argument) throws IOException {
        switch (command) {
            case "connection-string" -> {
                return bus.connectionString();
            }
            case "counts" -> {
                return JSON.writeValueAsString(bus.counts(argument));
            }
            case "dead-letters" -> {
                return JSON.writeValueAsString(bus.browse(argument + "/$DeadLetterQueue").stream()
                    .collect(Collectors.toMap(BrowsedMessage::messageId, BrowsedMessage::deadLetterReason, (a, b) -> a)));
            }
            case "away" -> bus.stopListening();
            case "back" -> bus.startListening();
            case "drop-connections" -> bus.dropConnections();
            case "refuse-sends" -> bus.refuseSends(EVENTS, "com.microsoft:server-busy", "The service is busy");
            case "accept-sends" -> bus.acceptSends(EVENTS);
            case "lose-answers" -> bus.loseAnswers(EVENTS, Integer.parseInt(argument));
            case "lose-locks" -> bus.loseLocks(argument);
            case "lose-settlement" -> bus.loseSettlements(argument, 1);
            default -> throw new IllegalArgumentException("Unknown command");
        }
        return "done";
    }

    String connectionString() {
        return connectionString;
    }

    Counts counts(String entity) {
        return read(ask("counts", entity), new TypeReference<>() { });
    }

    /** Reason by MessageId. */
    Map<String, String> deadLetters(String entity) {
        return read(ask("dead-letters", entity), new TypeReference<>() { });
    }

    private static <T> T read(String json, TypeReference<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
