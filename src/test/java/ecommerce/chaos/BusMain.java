package ecommerce.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.servicebus.BrowsedMessage;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;

/** The embedded bus as a process of its own, which does what it is told line by line and answers each with a line of JSON. */
final class BusMain {

    private static final String EVENTS = "inventory";

    private BusMain() {
    }

    /** @param args the configuration; the lock duration, ISO 8601 */
    public static void main(String[] args) throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (EmbeddedServiceBus bus = EmbeddedServiceBus.start(Path.of(args[0]),
                EmbeddedServiceBus.Options.defaults().withLockDurationOverride(Duration.parse(args[1])));
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println(json.writeValueAsString(bus.connectionString()));
            // Ends with the process that started it.
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ");
                System.out.println(json.writeValueAsString(run(bus, words[0], words.length > 1 ? words[1] : null)));
            }
        }
    }

    private static Object run(EmbeddedServiceBus bus, String command, String argument) {
        switch (command) {
            case "away" -> bus.stopListening();
            case "back" -> bus.startListening();
            case "drop-connections" -> bus.dropConnections();
            case "refuse-sends" -> bus.refuseSends(EVENTS, "com.microsoft:server-busy", "The service is busy");
            case "accept-sends" -> bus.acceptSends(EVENTS);
            case "lose-answers" -> bus.loseAnswers(EVENTS, Integer.parseInt(argument));
            case "lose-locks" -> bus.loseLocks(argument);
            case "lose-settlement" -> bus.loseSettlements(argument, 1);
            case "counts" -> {
                return bus.counts(argument);
            }
            case "dead-letters" -> {
                List<BrowsedMessage> letters = bus.browse(argument + "/$DeadLetterQueue");
                return letters.stream().collect(Collectors.toMap(BrowsedMessage::messageId, BrowsedMessage::deadLetterReason, (a, b) -> a));
            }
            default -> throw new IllegalArgumentException(command);
        }
        return Map.of();
    }
}
