package ecommerce.inventory.support;

import java.util.HashMap;
import java.util.Map;

import ecommerce.inventory.InventoryWorker;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;
import servicebus.EmbeddedServiceBus;

/** Starts additional workers, for tests that stop a worker, run two, or make the database unavailable. */
public final class Worker {

    private Worker() {
    }

    /**
     * The context of the worker: on Spring Boot or, with the system properties {@code worker.runtime=plain} and
     * {@code spring.main.web-application-type=none}, on camel-main alone.
     */
    @Import({Setup.Selector.class, RouteCoverage.Interceptor.class})
    static class Setup {

        static class Selector implements ImportSelector {

            @Override
            public String[] selectImports(AnnotationMetadata importing) {
                boolean plain = "plain".equals(System.getProperty("worker.runtime"));
                return new String[] {(plain ? PlainRuntime.class : InventoryWorker.class).getName()};
            }
        }
    }

    /** @param settings such as {@code "inventory.outbox.batch-size=10"}; they override those of all workers */
    public static ConfigurableApplicationContext start(String databaseUrl, EmbeddedServiceBus bus, String... settings) {
        Map<String, String> standard = Map.of(
            "server.port", "0",
            "management.server.port", "0",
            "camel.main.name", Backend.uniqueName(),
            "spring.datasource.url", databaseUrl,
            "spring.datasource.username", "postgres",
            "inventory.servicebus.connection-string", bus.connectionString());
        return new SpringApplicationBuilder(Setup.class).registerShutdownHook(false).run(arguments(standard, settings));
    }

    static String[] arguments(Map<String, String> standard, String... settings) {
        Map<String, String> arguments = new HashMap<>(standard);
        for (String setting : settings) {
            String[] nameAndValue = setting.split("=", 2);
            arguments.put(nameAndValue[0], nameAndValue[1]);
        }
        return arguments.entrySet().stream().map(argument -> "--" + argument.getKey() + "=" + argument.getValue()).toArray(String[]::new);
    }
}
