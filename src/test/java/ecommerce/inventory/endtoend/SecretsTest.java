package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import ecommerce.inventory.InventoryWorker;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.JavaProcess;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.mock.env.MockEnvironment;
import servicebus.EmbeddedServiceBus;

/** Secrets come from files, as a platform mounts them, and no log line contains one, even at level DEBUG. */
class SecretsTest {

    private static final String PASSWORD = "password-that-must-not-leak";
    private static final String KEY = "S0VZLU5PVC1UTy1CRS1UT0xE";
    private static final String TOKEN = "token-that-must-not-leak-of-32-chars";
    private static final List<String> LOGGERS = List.of("ecommerce", "org.apache.camel", "org.springframework", "com.zaxxer.hikari");

    private static TestDatabase postgres;
    private static EmbeddedServiceBus bus;

    @TempDir
    private Path secrets;

    @BeforeAll
    static void start() throws Exception {
        bus = Backend.startBus(null);
        postgres = TestDatabase.start();
        JdbcTemplate jdbc = postgres.jdbc();
        jdbc.execute("CREATE ROLE inventory LOGIN PASSWORD '" + PASSWORD + "'");
        jdbc.execute("GRANT CREATE ON SCHEMA public TO inventory");
        postgres.authenticate("host all inventory all scram-sha-256");
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
        bus.close();
    }

    @BeforeEach
    void mount() throws IOException {
        Files.writeString(secrets.resolve("spring.datasource.password"), PASSWORD + "\n");
        Files.writeString(secrets.resolve("inventory.servicebus.connection-string"), connectionString(bus.port()));
        Files.writeString(secrets.resolve("inventory.operator.token"), TOKEN);
    }

    @Test
    void theyComeFromFilesAndAreNotLogged() throws Exception {
        ShopDriver shop = new ShopDriver(bus);
        try (JavaProcess worker = startWorker()) {
            await().until(() -> worker.output().contains("Started InventoryWorker"));
            postgres.jdbc().update("INSERT INTO inventory (product_id, available_stock) VALUES ('a', 1)");
            shop.send(order("order-1", "1 a"), order("order-2", "1 unknown"));
            shop.send(ShopDriver.orderCreated("{"));
            await().until(() -> shop.events("order-1").size() == 1 && shop.events("order-2").size() == 1 && shop.deadLetters().size() == 1);
            ManagementPort management = new ManagementPort(new MockEnvironment().withProperty("local.management.port", lastPort(worker.output())));
            assertThat(management.post("operator/x", TOKEN, "{\"by\": \"jane\", \"reason\": \"r\"}").statusCode()).isEqualTo(400);
            assertThat(management.post("operator/x", TOKEN + "x", "{}").statusCode()).isEqualTo(401);
            worker.end("TERM");
            assertNoSecretIn(worker.output());
        }
        shop.destroy();
    }

    @Test
    void aWrongPasswordIsNotLogged() throws Exception {
        Files.writeString(secrets.resolve("spring.datasource.password"), PASSWORD + "x");

        try (JavaProcess worker = startWorker()) {
            assertThat(worker.exitCode()).isNotZero();
            assertThat(worker.output()).contains("check spring.datasource.username and spring.datasource.password");
            assertNoSecretIn(worker.output());
        }
    }

    @Test
    void aServiceBusThatIsAwayIsToldWithoutItsKey() throws Exception {
        try (EmbeddedServiceBus away = Backend.startBus(null)) {
            Files.writeString(secrets.resolve("inventory.servicebus.connection-string"), connectionString(away.port()));
            away.stopListening();
            try (JavaProcess worker = startWorker()) {
                await().until(() -> worker.output().contains("Started InventoryWorker"));
                postgres.jdbc().update("INSERT INTO outbox (message_id, message_type, message_body, partition_key) "
                    + "VALUES (gen_random_uuid(), 'InventoryReserved', '{}', 'order-3')");
                await().until(() -> worker.output().contains("The relay pauses for"));
                assertNoSecretIn(worker.output());
            }
        }
    }

    private static String lastPort(String output) {
        Matcher port = Pattern.compile("Tomcat started on port (\\d+)").matcher(output);
        return port.results().reduce((first, second) -> second).orElseThrow().group(1);
    }

    private static String connectionString(int port) {
        return "Endpoint=sb://localhost:" + port + ";SharedAccessKeyName=worker;SharedAccessKey=" + KEY + ";UseDevelopmentEmulator=true";
    }

    private JavaProcess startWorker() throws IOException {
        List<String> arguments = new ArrayList<>(JavaProcess.shortLived("-cp", JavaProcess.classPath(), InventoryWorker.class.getName(),
            "--spring.config.import=configtree:" + secrets + "/",
            "--spring.datasource.url=" + postgres.url(),
            "--spring.datasource.username=inventory", "--inventory.servicebus.try-timeout=PT1S",
            "--server.port=0", "--management.server.port=0"));
        LOGGERS.forEach(logger -> arguments.add("--logging.level." + logger + "=DEBUG"));
        return new JavaProcess(arguments);
    }

    private static void assertNoSecretIn(String output) {
        assertThat(output).as("DEBUG is on").contains(" DEBUG ");
        assertThat(output.lines().filter(line -> line.contains(PASSWORD) || line.contains(KEY) || line.contains(TOKEN)))
            .as("lines with a secret").isEmpty();
    }
}
