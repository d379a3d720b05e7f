package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Api;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** PostgreSQL or Service Bus becomes unavailable and comes back. */
class OutageTest {

    /** Short, so that a lock that is not renewed expires during the test. */
    private static final Duration LOCK = Duration.ofSeconds(10);
    /** Far longer than the time limits of connections and queries, and shorter than that of sockets. */
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int ORDERS = 40;

    @TempDir
    private Path data;
    private TestDatabase postgres;
    private EmbeddedServiceBus bus;
    private ShopDriver shop;
    private Tables tables;
    private ConfigurableApplicationContext worker;

    @BeforeEach
    void start() throws IOException {
        postgres = startPostgres(0);
        bus = Backend.startBus(LOCK);
        shop = new ShopDriver(bus);
        worker = Worker.start(postgres.url(), bus,
            "inventory.servicebus.max-concurrent-calls=16", "spring.datasource.hikari.connection-timeout=500", "inventory.outbox.outage-pause=PT0.2S",
            // Shorter than any outage here.
            "inventory.database.refusal-limit=PT0.1S");
        tables = new Tables(worker.getBean(JdbcTemplate.class));
        tables.stock("a", 1_000);
    }

    @AfterEach
    void stop() throws IOException {
        worker.close();
        shop.destroy();
        postgres.close();
    }

    @Test
    void whilePostgresIsAwayMessagesAreHeldAndNoneIsBurnt() throws IOException {
        int port = postgres.port();
        postgres.close();
        sendOrders();
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).locked() > 0);

        // Longer than two lock durations.
        await().during(LOCK.multipliedBy(2)).untilAsserted(() -> {
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("all are still there").isEqualTo(ORDERS);
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).expiredLocks()).as("locks are renewed").isZero();
        });
        postgres = startPostgres(port);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(ORDERS);
        assertThat(shop.events()).hasSize(ORDERS);
        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.completed()).isEqualTo(ORDERS);
        assertThat(counts.abandoned() + counts.expiredLocks() + counts.deadLetteredTotal()).as("delivery attempts used up").isZero();
    }

    @Test
    void aWorkerThatStopsWhilePostgresIsAwayGivesItsMessagesBack() throws IOException {
        postgres.close();
        sendOrders();
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).locked() > 0);
        worker.close();

        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).locked()).as("abandoned, so that no lock has to expire").isZero();
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("all are still there").isEqualTo(ORDERS);
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).abandoned()).as("each of 16 handlers abandons one, and receives no other")
            .isPositive().isLessThanOrEqualTo(16);
    }

    @Test
    void whilePostgresIsAwayThePageIsThereQuestionsAreAnsweredSoAndTheWorkerIsUnreadyButAlive() throws IOException {
        Api api = new Api(worker.getEnvironment().getProperty("local.server.port", Integer.class));
        ManagementPort management = new ManagementPort(worker.getEnvironment());
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));
        assertThat(management.get("health/readiness").body()).contains("\"db\"", "\"consumers\"", "\"relay\"");
        assertThat(management.get("health/liveness").body()).contains("\"UP\"").doesNotContain("db");
        int port = postgres.port();

        postgres.close();

        for (String question : Api.questions()) {
            assertThat(CompletableFuture.supplyAsync(() -> api.problem(503, question))).as(question).succeedsWithin(ANSWER)
                .extracting(problem -> problem.get("detail").textValue()).isEqualTo("The database is unavailable. Try again.");
        }
        for (String file : List.of("/", "/inventory.css", "/inventory.js", "/inventory.svg")) {
            assertThat(api.send(file).statusCode()).as(file).isEqualTo(200);
        }
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(503));
        assertThat(management.get("health/liveness").statusCode()).as("a restart would not help").isEqualTo(200);
        assertThat(management.get("health/readinessState").statusCode()).as("requests are sent to it").isEqualTo(200);

        postgres = startPostgres(port);
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));
        assertThat(api.get("/stock/a", "Stock").get("availableStock").intValue()).isEqualTo(1_000);
    }

    @Test
    void whileServiceBusIsAwayTheOutboxGrowsAndNoAttemptIsBurnt() {
        bus.refuseSends("inventory", "amqp:internal-error", "The service was unable to process the request");
        sendOrders();
        await().until(() -> tables.count("outbox") == ORDERS);
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).active() == 0);

        bus.stopListening();
        bus.acceptSends("inventory");
        await().until(() -> tables.count("outbox_unprojected") == 0);
        assertThat(tables.row("SELECT total_reservations FROM inventory_summary")).as("the read model does not need the broker")
            .containsEntry("total_reservations", (long) ORDERS);
        assertThat(tables.count("outbox WHERE published_at IS NULL AND retry_count = 0 AND error_message IS NULL"))
            .as("an outage is not a fault of the events").isEqualTo(ORDERS);
        bus.startListening();
        shop.awaitQuiet(tables);

        assertThat(shop.events()).as("each once").hasSize(ORDERS);
        assertThat(tables.count("outbox WHERE retry_count = 0")).isEqualTo(ORDERS);
        sendOrders("later-");
        await().until(() -> shop.events().size() == 2 * ORDERS);
    }

    @Test
    void whenConnectionsToServiceBusAreCutTheWorkGoesOn() {
        sendOrders();
        bus.dropConnections();
        sendOrders("later-");
        await().until(() -> tables.count("inventory_orders") == 2 * ORDERS);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox")).as("redelivered messages are known").isEqualTo(2 * ORDERS);
        assertThat(shop.events()).extracting(event -> event.messageId()).as("each event once").doesNotHaveDuplicates().hasSize(2 * ORDERS);
        assertThat(tables.stockOf("a")).startsWith(1_000 - 2 * ORDERS + " available, " + 2 * ORDERS + " reserved");
    }

    private void sendOrders() {
        sendOrders("order-");
    }

    private void sendOrders(String prefix) {
        shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order(prefix + i, "1 a")).toArray(ServiceBusMessage[]::new));
    }

    /** Each start uses the same data. */
    private TestDatabase startPostgres(int port) {
        return TestDatabase.start(server -> server.setPort(port).setDataDirectory(data).setCleanDataDirectory(false));
    }
}
