package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import servicebus.Counts;
import servicebus.EmbeddedServiceBus;

/** The embedded Service Bus in a JVM of its own, with the shipped topology. */
public final class BusProcess extends ControlledProcess {

    private final String connectionString;

    public BusProcess(List<String> jvmOptions) throws IOException {
        super("service-bus", jvmOptions, BusProcess.class, List.of());
        connectionString = ask("connection-string");
    }

    /** Runs the bus. */
    public static void main(String[] arguments) throws IOException {
        EmbeddedServiceBus bus = EmbeddedServiceBus.start(Path.of("servicebus", "Config.json"));
        serve(command -> {
            switch (command.get(0)) {
                case "connection-string" -> {
                    return bus.connectionString();
                }
                case "active" -> {
                    return String.valueOf(bus.counts(command.get(1)).active());
                }
                case "dead" -> {
                    return String.valueOf(bus.counts(command.get(1)).deadLettered());
                }
                case "pause" -> bus.pause(command.get(1));
                case "resume" -> bus.resume(command.get(1));
                case "purge" -> bus.purge();
                default -> throw new IllegalArgumentException("Unknown command");
            }
            return "done";
        });
    }

    public String connectionString() {
        return connectionString;
    }

    /** See {@link Counts#active()}. */
    public long active(String entityPath) {
        return Long.parseLong(ask("active", entityPath));
    }

    /** How many messages the entity's dead-letter queue holds. */
    public long dead(String entityPath) {
        return Long.parseLong(ask("dead", entityPath));
    }

    /** See {@link EmbeddedServiceBus#pause}. */
    public void pause(String entityPath) {
        ask("pause", entityPath);
    }

    /** See {@link EmbeddedServiceBus#resume}. */
    public void resume(String entityPath) {
        ask("resume", entityPath);
    }

    /** See {@link EmbeddedServiceBus#purge}. */
    public void purge() {
        ask("purge");
    }
}
