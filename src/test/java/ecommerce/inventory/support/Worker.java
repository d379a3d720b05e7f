package ecommerce.inventory.support;

import java.util.HashMap;
import java.util.Map;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts workers beside a test, for those that stop one, run two, or take the database away. */
public final class Worker {

    private Worker() {
    }

    /** @param settings further settings, which outrank those that all workers have: {@code "inventory.outbox.batch-size=10"} */
    public static ConfigurableApplicationContext start(String databaseUrl, EmbeddedServiceBus bus, String... settings) {
        Map<String, String> arguments = new HashMap<>(Map.of(
            "server.port", "0",
            "management.server.port", "0",
            "camel.main.name", Backend.uniqueName(),
            "spring.datasource.url", databaseUrl,
            "spring.datasource.username", "postgres",
            "inventory.servicebus.connection-string", bus.connectionString()));
        for (String setting : settings) {
            String[] nameAndValue = setting.split("=", 2);
            arguments.put(nameAndValue[0], nameAndValue[1]);
        }
        return new SpringApplicationBuilder(InventoryWorker.class)
            .registerShutdownHook(false)
            .run(arguments.entrySet().stream().map(argument -> "--" + argument.getKey() + "=" + argument.getValue()).toArray(String[]::new));
    }
}
