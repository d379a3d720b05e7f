package ecommerce.inventory.k8s;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;
import servicebus.EmbeddedServiceBus;

/** A process as in the pod: class path, environment, and the files of ConfigMaps and Secrets as a kubelet mounts them. */
class MountedFilesTest {

    private static final String OVERLAY = "overlays/dev";
    private static final String MOUNTED = "/app/resources";
    private static final String CHANGED = "handlers";
    private static final String TOKEN = "a-token-of-at-least-32-characters";
    private static final String SECRETS = "/run/secrets/inventory-worker";

    @TempDir
    private Path resources;
    @TempDir
    private Path secrets;

    @Test
    void aChangedRouteAndAChangedStatementTakeThePlaceOfThoseInTheImage() throws Exception {
        mountRoutes(files -> {
            change(files, "reserve-inventory.camel.yaml", "        - setVariable:\n            id: reservation-ttl\n", """
                        - log:
                            id: edited
                            description: Added without a new image
                            message: A route from a ConfigMap
                        - setVariable:
                            id: reservation-ttl
                """);
            change(files, "insufficient-inventory.sql", "'checkedAt'", "'lookedAt'");
        });
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);

        try (JavaProcess worker = startWorker(bus)) {
            await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
            shop.send(order("order-1", "1 unknown"));
            await().until(() -> shop.events("order-1").size() == 1);

            ManagementPort management = new ManagementPort(new MockEnvironment().withProperty("local.management.port", lastPort(worker.output())));
            assertThat(management.post("operator/x", TOKEN, "{\"by\": \"jane\", \"reason\": \"r\"}").statusCode()).as("the token is set").isEqualTo(400);
            assertThat(shop.events("order-1").get(0).bodyAsString()).contains("lookedAt").doesNotContain("checkedAt");
            assertThat(worker.output().lines().filter(line -> line.contains("A route from a ConfigMap"))).singleElement().asString()
                .as("a line of the log").startsWith("{\"@timestamp\"").contains("\"ecs\"");
        }
        shop.destroy();
    }

    @Test
    void aFolderThatLacksARouteStopsTheStartWithASentenceThatNamesIt() throws Exception {
        mountRoutes(files -> files.remove("reserve-inventory.camel.yaml"));

        try (EmbeddedServiceBus bus = Backend.startBus(null); JavaProcess worker = startWorker(bus)) {
            assertThat(worker.exitCode()).isNotZero();
            assertThat(worker.output()).contains("APPLICATION FAILED TO START",
                "does not find routes/handlers/reserve-inventory.camel.yaml, which the bundle has").doesNotContain("\tat ");
        }
    }

    /** @param edit changes the files of one folder, by name */
    private void mountRoutes(Consumer<Map<String, String>> edit) throws IOException {
        for (String folder : Path.of("src/main/resources/routes").toFile().list()) {
            Map<String, String> files = new HashMap<>(Manifest.data(OVERLAY, "inventory-worker-routes-" + folder));
            if (folder.equals(CHANGED)) {
                edit.accept(files);
            }
            mount(Files.createDirectories(resources.resolve("routes").resolve(folder)), files);
        }
    }

    private JavaProcess startWorker(EmbeddedServiceBus bus) throws IOException {
        String database = Backend.createDatabase();
        TestDatabase.migrate(database);
        Map<String, String> environment = new HashMap<>(Manifest.environment(OVERLAY));
        assertThat(environment).containsEntry("CAMEL_MAIN_ROUTESINCLUDEPATTERN", "file:" + MOUNTED + "/routes/*/*.camel.yaml");
        assertThat(environment).containsEntry("SPRING_CONFIG_IMPORT", "configtree:" + SECRETS + "/");
        environment.replaceAll((name, value) -> value.replace(MOUNTED, resources.toString()).replace(SECRETS, secrets.toString()));
        environment.put("SPRING_DATASOURCE_USERNAME", "postgres");
        Map<String, String> values = Map.of("inventory-worker-database/url", database, "inventory-worker-database/worker-password", "any",
            "inventory-worker-servicebus/connection-string", bus.connectionString(), "inventory-worker-operator/token", TOKEN);
        Map<String, String> files = new HashMap<>(Manifest.secretFiles(Manifest.pod(OVERLAY)));
        assertThat(files.values()).containsExactlyInAnyOrderElementsOf(values.keySet());
        files.replaceAll((file, key) -> values.get(key));
        mount(secrets, files);
        return new JavaProcess(JavaProcess.shortLived("-cp", resources + File.pathSeparator + JavaProcess.classPath(),
            InventoryWorker.class.getName(), "--server.port=0", "--management.server.port=0"), environment);
    }

    private static String lastPort(String output) {
        return Pattern.compile("Tomcat started on port (\\d+)").matcher(output).results().reduce((first, second) -> second).orElseThrow().group(1);
    }

    private static void change(Map<String, String> files, String file, String text, String replacement) {
        assertThat(files.get(file)).containsOnlyOnce(text);
        files.computeIfPresent(file, (name, content) -> content.replace(text, replacement));
    }

    /** Files are links into a directory whose name changes, so that all files change at once. */
    private static void mount(Path mountPoint, Map<String, String> files) throws IOException {
        Path version = Files.createDirectory(mountPoint.resolve("..2026_11_24_10_00_00.1234567890"));
        Files.createSymbolicLink(mountPoint.resolve("..data"), version.getFileName());
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(version.resolve(file.getKey()), file.getValue());
            Files.createSymbolicLink(mountPoint.resolve(file.getKey()), Path.of("..data", file.getKey()));
        }
    }
}
