package development;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.TestDatabase;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.util.FileSystemUtils;
import servicebus.EmbeddedServiceBus;

/**
 * Starts the worker with all that it needs in one process tree: PostgreSQL, a Service Bus, and a small shop that sends
 * orders and shows events. Saved files take effect at once: see {@link EditLoop}. Start it with {@code mvn spring-boot:test-run};
 * Ctrl-C stops all of it and leaves nothing behind.
 * <p>
 * Ports: {@code --server.port} (shop, 8080), {@code --management.server.port} (metrics and health, 9876),
 * {@code --inventory.dev.servicebus-port} (5672), {@code --inventory.dev.postgres-port} (54320).
 */
public final class DevelopmentLauncher {

    private static final Path WEB_SERVER = Path.of("target", "web-server").toAbsolutePath();
    private static final String SHOP_PORT = "server.port";
    private static final String MANAGEMENT_PORT = "management.server.port";
    private static final String BUS_PORT = "inventory.dev.servicebus-port";
    private static final String DATABASE_PORT = "inventory.dev.postgres-port";

    private DevelopmentLauncher() {
    }

    public static void main(String[] args) throws IOException {
        int shopPort;
        int managementPort;
        int busPort;
        int databasePort;
        try {
            shopPort = freePort(args, SHOP_PORT, 8080);
            managementPort = freePort(args, MANAGEMENT_PORT, 9876);
            busPort = freePort(args, BUS_PORT, 5672);
            databasePort = freePort(args, DATABASE_PORT, 54320);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }

        InventoryWorker.allowManyHandlers();
        EmbeddedServiceBus bus = EmbeddedServiceBus.start(Path.of("servicebus", "Config.json"),
            EmbeddedServiceBus.Options.defaults().withPort(busPort));
        TestDatabase postgres = TestDatabase.start(server -> server.setPort(databasePort).setRegisterShutdownHook(false));
        // Stops after the worker, which first finishes its messages in flight.
        SpringApplication.getShutdownHandlers().add(() -> {
            bus.close();
            close(postgres);
            FileSystemUtils.deleteRecursively(WEB_SERVER.toFile());
        });

        SpringApplication application = new SpringApplication(InventoryWorker.class, DemoShop.class, EditLoop.class);
        application.setDefaultProperties(Map.of(
            "logging.level.root", "INFO",
            "logging.level.io.zonky", "WARN",
            "management.tracing.sampling.probability", "1"));
        // Before all other settings: an environment variable must not connect the worker to another database or bus.
        application.addInitializers(context -> context.getEnvironment().getPropertySources().addFirst(
            new MapPropertySource("development", Map.ofEntries(
                Map.entry("spring.datasource.url", postgres.url()),
                Map.entry("spring.datasource.username", "postgres"),
                Map.entry("spring.datasource.password", ""),
                Map.entry("spring.flyway.locations", "filesystem:" + EditLoop.resources() + "/db/migration,classpath:db/development"),
                // A migration that was edited runs again, although later ones have run.
                Map.entry("spring.flyway.out-of-order", "true"),
                Map.entry("inventory.servicebus.credential-type", "CONNECTION_STRING"),
                Map.entry("inventory.servicebus.connection-string", bus.connectionString()),
                Map.entry("server.tomcat.basedir", WEB_SERVER.toString()),
                Map.entry("server.port", shopPort),
                Map.entry("management.server.port", managementPort),
                Map.entry("camel.main.routes-include-pattern", "file:" + EditLoop.resources() + "/routes/*/*.camel.yaml")))));
        application.run(args);

        System.out.printf("""

            Inventory Worker is ready. Ctrl-C stops it.

              Service Bus  %s
              PostgreSQL   %s (user postgres, no password)

            Order two of product prod-456:

              curl -X POST http://localhost:%d/api/orders -H 'Content-Type: application/json' \\
                -d '{"customerId": "cust-123", "items": [{"productId": "prod-456", "quantity": 2, "unitPrice": 19.99}]}'

            and list the events that the worker has published:

              curl http://localhost:%d/api/events

            Pay for it, or cancel it:

              curl -X POST http://localhost:%d/api/payments -H 'Content-Type: application/json' -d '{"orderId": "<orderId>"}'
              curl -X DELETE http://localhost:%d/api/orders/<orderId>

            Edit a route, its SQL or a schema and save it: it takes effect at once, or an error appears here with file,
            line and cause. The files are in

              %s

            %n""", bus.connectionString(), postgres.url(), shopPort, shopPort, shopPort, shopPort, EditLoop.resources());
    }

    private static int freePort(String[] args, String option, int standard) {
        String given = new SimpleCommandLinePropertySource(args).getProperty(option);
        int port;
        try {
            port = given == null ? standard : Integer.parseInt(given);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + option + "=" + given + " is not a port number");
        }
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException("Port " + port + " cannot be used (" + e.getMessage()
                + "): choose another by --" + option + "=<port>");
        }
    }

    private static void close(TestDatabase postgres) {
        try {
            postgres.close();
        } catch (IOException e) {
            System.err.println("PostgreSQL could not be stopped: " + e);
        }
    }
}
