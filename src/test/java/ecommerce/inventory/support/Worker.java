package ecommerce.inventory.support;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts workers beside a test, for those that stop one, run two, or take the database away. */
public final class Worker {

    private Worker() {
    }

    /** @param settings further settings, {@code "inventory.outbox.batch-size=10"} */
    public static ConfigurableApplicationContext start(String databaseUrl, EmbeddedServiceBus bus, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
            "--management.server.port=0",
            "--camel.main.name=" + Backend.uniqueName(),
            "--spring.datasource.url=" + databaseUrl,
            "--spring.datasource.username=postgres",
            "--inventory.servicebus.connection-string=" + bus.connectionString()));
        if (Arrays.stream(settings).noneMatch(setting -> setting.startsWith("server.port="))) {
            arguments.add("--server.port=0");
        }
        for (String setting : settings) {
            arguments.add("--" + setting);
        }
        return new SpringApplicationBuilder(InventoryWorker.class)
            .registerShutdownHook(false).run(arguments.toArray(String[]::new));
    }
}
