package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.resources.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.BrowsedMessage;
import servicebus.Counts;
import servicebus.EmbeddedServiceBus;

/** Two cells, as in {@code k8s/cells}: each has a server of PostgreSQL and a worker, and both receive from one Service Bus by its rules. */
class CellsTest {

    private static final String UNROUTED = "orders/Subscriptions/unrouted";
    private static final int STOCK = 1_000;

    @TempDir
    private Path data;
    private EmbeddedServiceBus bus;
    private ShopDriver shop;
    private Cell eu;
    private Cell us;

    private final class Cell implements AutoCloseable {

        private final String name;
        private TestDatabase postgres;
        private final ConfigurableApplicationContext worker;
        private final Tables tables;
        private final ManagementPort management;

        Cell(String name) {
            this.name = name;
            postgres = startPostgres(0);
            worker = Worker.start(postgres.url(), bus, "inventory.cell=" + name,
                "inventory.servicebus.orders-subscription=inventory-" + name, "inventory.servicebus.payments-subscription=inventory-" + name,
                "inventory.servicebus.commands-queue=inventory-commands-" + name, "inventory.servicebus.unrouted-subscription=unrouted",
                "inventory.receivers.watch-schedule=* * * * * ?", "inventory.outbox.outage-pause=PT0.2S",
                "spring.datasource.hikari.connection-timeout=500");
            tables = new Tables(worker.getBean(JdbcTemplate.class));
            management = new ManagementPort(worker.getEnvironment());
            tables.stock("a", STOCK);
        }

        private TestDatabase startPostgres(int port) {
            return TestDatabase.start(server -> server.setPort(port).setDataDirectory(data.resolve(name)).setCleanDataDirectory(false));
        }

        int stopPostgres() throws IOException {
            int port = postgres.port();
            postgres.close();
            return port;
        }

        Counts orders() {
            return bus.counts("orders/Subscriptions/inventory-" + name);
        }

        /** The events of its worker, by the rules of Service Bus. */
        List<BrowsedMessage> events() {
            return bus.browse("inventory/Subscriptions/shop-" + name);
        }

        List<BrowsedMessage> events(String type) {
            return events().stream().filter(event -> event.subject().equals(type)).toList();
        }

        @Override
        public void close() throws IOException {
            worker.close();
            postgres.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        bus = EmbeddedServiceBus.start(Path.of("servicebus", "Config.cells.json"));
        shop = new ShopDriver(bus);
        eu = new Cell("eu");
        us = new Cell("us");
    }

    @AfterEach
    void stop() throws IOException {
        us.close();
        eu.close();
        shop.destroy();
    }

    private static ServiceBusMessage of(String cell, ServiceBusMessage message) {
        if (cell != null) {
            message.getApplicationProperties().put("cell", cell);
        }
        return message;
    }

    /** Orders named after their cell. */
    private void sendOrders(String cell, int number) {
        shop.send(IntStream.range(0, number).mapToObj(i -> of(cell, order(cell + "-" + i, "1 a"))).toArray(ServiceBusMessage[]::new));
    }

    @Test
    void eachMessageIsHandledInItsCellAloneAndWhatNoCellTakesIsKeptAndCounted() {
        assertThat(bus.counts("orders").enqueued() + eu.orders().enqueued() + us.orders().enqueued()).isZero();
        sendOrders("eu", 20);
        sendOrders("us", 15);
        sendOrders(null, 4);
        sendOrders("asia", 3);
        sendOrders("EU", 2);
        await().until(() -> eu.events().size() >= 20 && us.events().size() >= 15);
        shop.sendPayments(of("eu", about("eu-1", "PaymentProcessed", "Captured")), about("eu-2", "PaymentProcessed", "Captured"));
        command("inventory-commands-us");
        await().until(() -> eu.events("InventoryCommitted").size() == 1 && us.events("InventoryRestocked").size() == 1);

        assertThat(bus.counts("orders").enqueued()).as("orders sent").isEqualTo(44);
        assertThat(eu.orders().completed()).isEqualTo(20);
        assertThat(us.orders().completed()).isEqualTo(15);
        assertThat(bus.browse(UNROUTED)).as("the rest").hasSize(9).allMatch(order -> order.bodyAsString().matches(".*\"(null|asia|EU)-\\d\".*"));
        assertThat(eu.tables.count("inventory_orders")).isEqualTo(20);
        assertThat(eu.tables.count("inventory_orders WHERE order_id LIKE 'eu-%'")).isEqualTo(20);
        assertThat(us.tables.count("inventory_orders")).isEqualTo(15);
        assertThat(us.tables.count("inventory_orders WHERE order_id LIKE 'us-%'")).isEqualTo(15);
        assertThat(eu.events("InventoryReserved")).hasSize(20);
        assertThat(us.events("InventoryReserved")).hasSize(15);
        assertThat(Stream.concat(eu.events().stream(), us.events().stream())).allSatisfy(Contracts::assertKept);
        assertThat(bus.counts("inventory/Subscriptions/unrouted").enqueued()).as("each event has a cell").isZero();
        assertThat(us.tables.stockOf("a")).startsWith((STOCK - 15 + 5) + " available");
        assertThat(eu.tables.stockOf("a")).as("restocked in the other cell").startsWith((STOCK - 20) + " available");
        for (Cell cell : List.of(eu, us)) {
            await().untilAsserted(() -> assertThat(cell.management.sample("inventory_unrouted_messages", "topic=\"orders\"")).isEqualTo(9));
            assertThat(cell.management.sample("inventory_unrouted_messages", "topic=\"payments\"")).isEqualTo(1);
            assertThat(cell.management.sample("inventory_unrouted_messages", "topic=\"inventory\"")).isZero();
            new Invariants(cell.worker.getBean(JdbcTemplate.class)).assertHold();
        }
    }

    private void command(String queue) {
        try (ServiceBusSenderClient sender = new ServiceBusClientBuilder().connectionString(bus.connectionString()).sender()
                .queueName(queue).buildClient()) {
            sender.sendMessage(ShopDriver.commandMessage("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 5}"));
        }
    }

    @Test
    void aCellWithoutItsDatabaseStopsNoOtherAndThenCatchesUp() throws IOException {
        int port = us.stopPostgres();
        sendOrders("eu", 30);
        sendOrders("us", 30);
        await().until(() -> eu.events().size() == 30);
        await().until(() -> us.management.get("health/readiness").statusCode() == 503);

        assertThat(eu.management.get("health/readiness").statusCode()).isEqualTo(200);
        assertThat(eu.orders().completed()).isEqualTo(30);
        assertThat(us.orders().active()).as("all of the other cell wait").isEqualTo(30);
        assertThat(us.events()).isEmpty();
        us.postgres = us.startPostgres(port);
        await().until(() -> us.events().size() >= 30 && us.orders().active() == 0);

        for (Cell cell : List.of(eu, us)) {
            assertThat(cell.tables.count("inventory_orders WHERE status = 'Reserved'")).as(cell.name).isEqualTo(30);
            assertThat(cell.tables.count("outbox")).isEqualTo(30);
            assertThat(cell.events().stream().map(BrowsedMessage::messageId).distinct()).hasSize(30);
            assertThat(cell.tables.stockOf("a")).startsWith((STOCK - 30) + " available");
            assertThat(cell.orders().deadLetteredTotal() + cell.orders().abandoned()).as("delivery attempts used up").isZero();
        }
        assertThat(bus.counts(UNROUTED).enqueued()).isZero();
    }

    @Test
    void itsNameIsOnEachMetricLogLineAndTrace() throws IOException {
        List<String> samples = us.management.scrape().lines().filter(line -> !line.startsWith("#")).toList();
        assertThat(samples).hasSizeGreaterThan(50).allMatch(sample -> sample.contains("cell=\"us\""));

        LoggerContext log = new LoggerContext();
        log.putObject(Environment.class.getName(), us.worker.getEnvironment());
        StructuredLogEncoder encoder = new StructuredLogEncoder();
        encoder.setContext(log);
        encoder.setFormat("ecs");
        encoder.start();
        LoggingEvent line = new LoggingEvent("", log.getLogger("a"), Level.INFO, "x", null, null);
        line.setMDCPropertyMap(Map.of());
        assertThat(new ObjectMapper().readValue(encoder.encode(line), Map.class))
            .containsEntry("message", "x").containsEntry("cell", "us");

        assertThat(us.worker.getBean(Resource.class).getAttribute(AttributeKey.stringKey("inventory.cell"))).isEqualTo("us");
    }
}
