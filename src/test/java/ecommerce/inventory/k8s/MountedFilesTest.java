package ecommerce.inventory.k8s;

import static ecommerce.inventory.support.Shop.await;
import static ecommerce.inventory.support.Shop.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.Shop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process as the pod runs it: class path, environment, and the files of the ConfigMaps as a kubelet mounts them. */
class MountedFilesTest {

    private static final String OVERLAY = "overlays/dev";
    private static final String MOUNTED = "/app/resources";

    @TempDir
    private Path resources;

    @Test
    void aChangedRouteAndAChangedStatementTakeThePlaceOfThoseInTheImage() throws Exception {
        mount("routes", "reserve-inventory.camel.yaml", "        - setVariable:\n            id: reservation-ttl\n", """
                    - log:
                        id: edited
                        description: Added without a new image
                        message: A route from a ConfigMap
                    - setVariable:
                        id: reservation-ttl
            """);
        mount("sql", "insufficient-inventory.sql", "'checkedAt'", "'lookedAt'");
        String database = Backend.createDatabase();
        MigrateDatabase.main(new String[] {"--spring.datasource.url=" + database, "--spring.datasource.username=postgres"});
        EmbeddedServiceBus bus = Backend.startBus(null);
        Map<String, String> environment = new HashMap<>(Manifest.environment(OVERLAY));
        assertThat(environment).containsEntry("CAMEL_MAIN_ROUTESINCLUDEPATTERN", "file:" + MOUNTED + "/routes/*.camel.yaml");
        environment.replaceAll((name, value) -> value.replace(MOUNTED, resources.toString()));
        environment.putAll(Map.of("SPRING_DATASOURCE_URL", database, "SPRING_DATASOURCE_USERNAME", "postgres",
            "INVENTORY_SERVICEBUS_CONNECTIONSTRING", bus.connectionString(), "INVENTORY_OPERATOR_TOKEN", "a-token-of-at-least-16"));
        Shop shop = new Shop(bus);

        try (JavaProcess worker = new JavaProcess(List.of("-XX:TieredStopAtLevel=1", "-cp", classPath(),
                InventoryWorker.class.getName(), "--server.port=0", "--management.server.port=0"), environment)) {
            await().atMost(Duration.ofMinutes(3)).until(() -> worker.output().contains("Started InventoryWorker"));
            shop.send(order("order-1", "1 unknown"));
            await().until(() -> shop.events("order-1").size() == 1);

            assertThat(shop.events("order-1").get(0).bodyAsString()).contains("lookedAt").doesNotContain("checkedAt");
            assertThat(worker.output().lines().filter(line -> line.contains("A route from a ConfigMap"))).singleElement().asString()
                .as("a line of the log").startsWith("{\"@timestamp\"").contains("\"ecs\"");
        }
        shop.destroy();
    }

    /** What is mounted comes first, and tests have no part in it. */
    private String classPath() {
        return Stream.concat(Stream.of(resources.toString()), Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith("test-classes"))).collect(Collectors.joining(File.pathSeparator));
    }

    /** Files are links into a directory of a changing name, for all to change at once. */
    private void mount(String directory, String changedFile, String text, String replacement) throws IOException {
        Path mountPoint = Files.createDirectory(resources.resolve(directory));
        Path version = Files.createDirectory(mountPoint.resolve("..2026_11_24_10_00_00.1234567890"));
        Files.createSymbolicLink(mountPoint.resolve("..data"), version.getFileName());
        for (Map.Entry<String, String> file : Manifest.data(OVERLAY, "inventory-worker-" + directory).entrySet()) {
            String content = file.getValue();
            if (file.getKey().equals(changedFile)) {
                assertThat(content).containsOnlyOnce(text);
                content = content.replace(text, replacement);
            }
            Files.writeString(version.resolve(file.getKey()), content);
            Files.createSymbolicLink(mountPoint.resolve(file.getKey()), Path.of("..data", file.getKey()));
        }
    }
}
