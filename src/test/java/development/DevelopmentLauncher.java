package development;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.TestDatabase;
import org.springframework.boot.SpringApplication;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
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
 * <p>
 * {@code --inventory.cell} starts it as a cell of {@code k8s/cells/cells.yaml}, with a Service Bus for all cells. A further cell joins that of
 * the first: {@code --inventory.dev.servicebus} is the connection string that the first one prints. It has free ports, unless they are given.
 */
public final class DevelopmentLauncher {

    private static final String SHOP_PORT = "server.port";
    private static final String MANAGEMENT_PORT = "management.server.port";
    private static final String BUS_PORT = "inventory.dev.servicebus-port";
    private static final String DATABASE_PORT = "inventory.dev.postgres-port";
    private static final String CELL = "inventory.cell";
    private static final String BUS = "inventory.dev.servicebus";
    /** Messages of each entity that {@link BusContents} shows. */
    private static final int HISTORY = 1_000;
    private static final Path TOPOLOGY = Path.of("servicebus", "Config.json");
    private static final Path TOPOLOGY_OF_CELLS = Path.of("servicebus", "Config.cells.json");

    private DevelopmentLauncher() {
    }

    public static void main(String[] args) throws IOException {
        PropertySource<?> options = new SimpleCommandLinePropertySource(args);
        String cell = text(options, CELL);
        String joined = text(options, BUS);
        int shopPort;
        int managementPort;
        int busPort;
        int databasePort;
        try {
            checkCell(cell, joined);
            shopPort = freePort(options, SHOP_PORT, joined.isEmpty() ? 8080 : 0);
            managementPort = freePort(options, MANAGEMENT_PORT, joined.isEmpty() ? 9876 : 0);
            busPort = joined.isEmpty() ? freePort(options, BUS_PORT, 5672) : 0;
            databasePort = freePort(options, DATABASE_PORT, joined.isEmpty() ? 54320 : 0);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }

        InventoryWorker.allowManyHandlers();
        Optional<EmbeddedServiceBus> bus = joined.isEmpty() ? Optional.of(EmbeddedServiceBus.start(
            cell.isEmpty() ? TOPOLOGY : TOPOLOGY_OF_CELLS, EmbeddedServiceBus.Options.defaults().withPort(busPort).withHistory(HISTORY))) : Optional.empty();
        String connectionString = bus.map(EmbeddedServiceBus::connectionString).orElse(joined);
        Path webServer = Path.of("target", "web-server-" + shopPort).toAbsolutePath();
        TestDatabase postgres = TestDatabase.start(server -> server.setPort(databasePort).setRegisterShutdownHook(false));
        // Stops after the worker, which first finishes its messages in flight.
        SpringApplication.getShutdownHandlers().add(() -> {
            bus.ifPresent(EmbeddedServiceBus::close);
            close(postgres);
            FileSystemUtils.deleteRecursively(webServer.toFile());
        });

        SpringApplication application = new SpringApplication(InventoryWorker.class, DemoShop.class, EditLoop.class);
        application.setAdditionalProfiles("development");
        bus.ifPresent(here -> application.addInitializers(context -> {
            GenericApplicationContext beans = (GenericApplicationContext) context;
            beans.registerBean(EmbeddedServiceBus.class, () -> here, definition -> definition.setDestroyMethodName(""));
            beans.registerBean(BusContents.class);
        }));
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
                Map.entry("inventory.servicebus.connection-string", connectionString),
                Map.entry("server.tomcat.basedir", webServer.toString()),
                Map.entry("server.port", shopPort),
                Map.entry("management.server.port", managementPort),
                Map.entry("camel.main.routes-include-pattern", "file:" + EditLoop.resources() + "/routes/*/*.camel.yaml")))));
        if (!cell.isEmpty()) {
            application.addInitializers(context -> context.getEnvironment().getPropertySources().addFirst(
                new MapPropertySource("cell", Map.of(
                    "inventory.servicebus.orders-subscription", "inventory-" + cell,
                    "inventory.servicebus.payments-subscription", "inventory-" + cell,
                    "inventory.servicebus.commands-queue", "inventory-commands-" + cell,
                    "inventory.servicebus.unrouted-subscription", "unrouted"))));
        }
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

            All queues and topics, and what came to each: http://localhost:%d/topics.html

            Send any message to any of them; other parameters of the URL are application properties:

              curl -X POST 'http://localhost:%d/api/topics/orders?Subject=OrderCreated' -H 'Content-Type: application/json' \\
                -d '{"orderId": "order-1", "items": [{"productId": "prod-456", "quantity": 2}]}'

            Edit a route, its SQL or a schema and save it: it takes effect at once, or an error appears here with file,
            line and cause. The files are in

              %s

            Settings are read at the start. Those for development only: src/test/resources/application-development.yaml

            %n""", connectionString, postgres.url(), shopPort, shopPort, shopPort, shopPort, shopPort, shopPort, EditLoop.resources());
        if (!cell.isEmpty()) {
            System.out.printf("""
                This is cell %s. An order gets into another cell by ?cell=<name> behind /api/orders. To start another cell:

                  mvn spring-boot:test-run -Dspring-boot.run.arguments="--inventory.cell=<name> --inventory.dev.servicebus=%s"

                %n""", cell, connectionString);
        }
    }

    /** A bus without the subscriptions of the cell would leave the worker without messages. */
    private static void checkCell(String cell, String joined) throws IOException {
        if (cell.isEmpty()) {
            if (!joined.isEmpty()) {
                throw new IllegalArgumentException("--" + BUS + " needs --" + CELL + "=<name>: two workers of one cell would share its messages");
            }
            return;
        }
        List<String> queues = new ObjectMapper().readTree(TOPOLOGY_OF_CELLS.toFile()).findValue("Queues").findValuesAsText("Name");
        if (!queues.contains("inventory-commands-" + cell)) {
            throw new IllegalArgumentException("Cell " + cell + " is not in k8s/cells/cells.yaml: put it there, and run mvn test "
                + "-Pquick -Dupdate, or choose one that is there by --" + CELL + "=<name>");
        }
    }

    private static String text(PropertySource<?> options, String option) {
        return options.containsProperty(option) ? String.valueOf(options.getProperty(option)) : "";
    }

    private static int freePort(PropertySource<?> options, String option, int standard) {
        String given = text(options, option);
        int port;
        try {
            port = given.isEmpty() ? standard : Integer.parseInt(given);
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
