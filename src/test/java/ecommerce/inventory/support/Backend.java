package ecommerce.inventory.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import servicebus.EmbeddedServiceBus;

/**
 * Gives each test context a database and a Service Bus of its own, so that no worker of another test interferes.
 * The bus is a bean; property {@code test.lock-duration} (ISO-8601) shortens its message locks.
 */
public class Backend implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    /** As in a Premium namespace, so that a large message reaches the worker. */
    private static final int MAX_MESSAGE_SIZE = 4 << 20;
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final AtomicInteger WORKERS = new AtomicInteger();

    /** One server for all tests of the process. */
    private static final class Postgres {
        // Spring caches test contexts, and each keeps its connection pool.
        private static final TestDatabase SERVER = TestDatabase.start(server -> server.setServerConfig("max_connections", "1000"));
    }

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        EmbeddedServiceBus bus = startBus(context.getEnvironment().getProperty("test.lock-duration", Duration.class));
        context.getBeanFactory().registerSingleton("bus", bus);
        TestPropertyValues.of(
            "camel.main.name=" + uniqueName(),
            "spring.datasource.url=" + createDatabase(),
            "spring.datasource.username=postgres",
            "inventory.servicebus.connection-string=" + bus.connectionString()).applyTo(context);
    }

    /** A unique name for a worker: workers with the same name in one process would share a Quartz scheduler. */
    static String uniqueName() {
        return "inventory-worker-" + WORKERS.incrementAndGet();
    }

    /** Starts a bus with the shipped topology. */
    public static EmbeddedServiceBus startBus(Duration lockDuration) {
        try {
            return EmbeddedServiceBus.start(Path.of("servicebus", "Config.json"), EmbeddedServiceBus.Options.defaults()
                .withMaxMessageSize(MAX_MESSAGE_SIZE).withLockDurationOverride(lockDuration));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates an empty database and returns its JDBC URL. */
    public static String createDatabase() {
        return Postgres.SERVER.create("inventory_" + DATABASES.incrementAndGet());
    }
}
