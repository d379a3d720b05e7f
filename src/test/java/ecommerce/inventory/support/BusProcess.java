package ecommerce.inventory.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import servicebus.BrowsedMessage;
import servicebus.Counts;
import servicebus.EmbeddedServiceBus;

/** The embedded Service Bus in a JVM of its own, with its faults. It is never restarted, as it keeps its messages in memory. */
public final class BusProcess extends ControlledProcess {

    /** The shipped topology. */
    public static final Path TOPOLOGY = Path.of("servicebus", "Config.json");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EVENTS = "inventory";

    private final String connectionString;

    /** @param lock duration of message locks; by default that of the topology */
    public BusProcess(List<String> jvmOptions, Path topology, Duration... lock) throws IOException {
        super("service-bus", jvmOptions, BusProcess.class, Stream.concat(Stream.of(topology), Stream.of(lock)).map(Object::toString).toList());
        connectionString = ask("connection-string");
    }

    /**
     * Runs the bus.
     *
     * @param arguments the topology and, if set, the lock duration in ISO 8601
     */
    public static void main(String[] arguments) throws IOException {
        EmbeddedServiceBus bus = EmbeddedServiceBus.start(Path.of(arguments[0]),
            EmbeddedServiceBus.Options.defaults().withLockDurationOverride(arguments.length > 1 ? Duration.parse(arguments[1]) : null));
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
            case "pause" -> bus.pause(argument);
            case "resume" -> bus.resume(argument);
            case "purge" -> bus.purge();
            case "stop-listening" -> bus.stopListening();
            case "start-listening" -> bus.startListening();
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

    public String connectionString() {
        return connectionString;
    }

    public Counts counts(String entity) {
        return read(ask("counts", entity), new TypeReference<>() { });
    }

    /** The dead letters of an entity: reason by MessageId. */
    public Map<String, String> deadLetters(String entity) {
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
