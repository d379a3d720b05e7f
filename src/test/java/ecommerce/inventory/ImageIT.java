package ecommerce.inventory;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.condition.OS.LINUX;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Image;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** The image that the Dockerfile builds, in a directory instead of a registry. */
@EnabledOnOs(value = LINUX, disabledReason = "The Dockerfile uses GNU commands")
class ImageIT {

    private static final int ORDERS = 200;

    private static Image image;

    private final String database = Backend.createDatabase();
    private final EmbeddedServiceBus bus = Backend.startBus(null);
    private final ShopDriver shop = new ShopDriver(bus);
    @TempDir
    private Path directory;

    @BeforeAll
    static void build(@TempDir Path root) throws Exception {
        image = Image.build(root);
    }

    @AfterEach
    void destroy() {
        shop.destroy();
    }

    @Test
    void takesTheClassesOfTheLibrariesFromItsArchive() throws Exception {
        Path log = directory.resolve("loaded");
        handleOrders("-Xlog:class+load:file=" + log + "::filecount=0");

        List<String> loaded;
        try (Stream<String> lines = Files.lines(log)) {
            // The archive contains neither generated classes nor those of signed jars.
            loaded = lines.filter(line -> line.contains("shared objects file") || line.contains("source: jrt:") || line.contains("/app/libs/"))
                .filter(line -> !line.contains("/azure-")).toList();
        }
        long archived = loaded.stream().filter(line -> line.contains("shared objects file")).count();
        assertThat(100 * archived / loaded.size()).as("share of %d classes that are in the archive, %%", loaded.size())
            .isGreaterThanOrEqualTo(90);
    }

    @Test
    void canBeRecordedByTheFlightRecorder() throws Exception {
        Path recording = directory.resolve("worker.jfr");
        handleOrders("-XX:StartFlightRecording=settings=profile,filename=" + recording);

        assertThat(recording).isNotEmptyFile();
    }

    @Test
    void runsTheRoutesThatAreMountedOverItsOwn() throws Exception {
        Path mounted = image.path("/app/resources/routes/handlers/mounted.camel.yaml");
        Files.writeString(mounted, """
            - route:
                id: mounted
                from:
                  uri: timer:mounted
                  parameters: {repeatCount: 1}
                  steps:
                    - log: {message: "Mounted over"}
            """);

        try {
            assertThat(handleOrders()).contains("Mounted over");
        } finally {
            Files.delete(mounted);
        }
    }

    /** @return the worker's output */
    private String handleOrders(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(image.arguments());
        arguments.addAll(List.of("--spring.datasource.url=" + database, "--spring.datasource.username=postgres", "--server.port=0",
            "--management.server.port=0", "--inventory.servicebus.connection-string=" + bus.connectionString()));
        Tables tables = new Tables(new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build()));
        try (JavaProcess worker = new JavaProcess(arguments)) {
            ConditionFactory awaitAlive = await().atMost(Duration.ofMinutes(3))
                .failFast(() -> assertThat(worker.handle().isAlive()).as(worker.output()).isTrue());
            awaitAlive.until(() -> worker.output().contains("Started InventoryWorker"));
            tables.stock("a", ORDERS);
            shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new));
            awaitAlive.untilAsserted(() -> assertThat(shop.events()).hasSizeGreaterThanOrEqualTo(ORDERS));
            assertThat(worker.end("TERM")).as(worker.output()).isEqualTo(143);
            return worker.output();
        }
    }
}
