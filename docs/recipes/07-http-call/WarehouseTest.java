package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.net.httpserver.HttpServer;
import servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

@WorkerTest
@TestPropertySource(properties = "test.lock-duration=PT4S")
class WarehouseTest {

    private static final String SUBSCRIPTION = "inventory/Subscriptions/warehouse";
    private static final List<Map.Entry<String, String>> CALLS = new CopyOnWriteArrayList<>();
    private static HttpServer warehouse;

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    /** Is out of order at the first call. */
    @DynamicPropertySource
    static void startWarehouse(DynamicPropertyRegistry settings) throws IOException {
        warehouse = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        warehouse.createContext("/reservations", call -> {
            CALLS.add(Map.entry(call.getRequestHeaders().getFirst("Idempotency-Key"),
                new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            call.sendResponseHeaders(CALLS.size() == 1 ? 503 : 204, -1);
            call.close();
        });
        warehouse.start();
        settings.add("inventory.warehouse.url", () -> "http://localhost:" + warehouse.getAddress().getPort() + "/reservations");
    }

    @AfterAll
    static void stopWarehouse() {
        warehouse.stop(0);
    }

    @BeforeEach
    void tenOfA() {
        shop.awaitQuiet(tables);
        tables.clear();
        CALLS.clear();
        tables.stock("a", 10);
    }

    @Test
    void isCalledAgainIfItFailsAndTheOrderIsReservedOnce() {
        shop.send(order("order-1", "2 a"));
        awaitCalls();

        assertThat(CALLS).hasSizeGreaterThan(1).allSatisfy(call -> assertThat(call.getValue()).contains("\"orderId\": \"order-1\""));
        assertThat(CALLS).extracting(Map.Entry::getKey).as("by which it knows the call again").containsOnly(CALLS.get(0).getKey());
        assertThat(tables.stockOf("a")).isEqualTo("8 available, 2 reserved, version 2");
    }

    @Test
    void isNotCalledForWhatWasRolledBack() {
        jdbc.execute("""
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RAISE SQLSTATE ''IW001'' USING MESSAGE = ''refused by the commit''; END';
            CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON inventory_reservations DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.order_id = 'refused') EXECUTE FUNCTION refuse()""");
        shop.send(order("refused", "2 a"), order("order-2", "1 a"));
        awaitCalls();

        assertThat(shop.deadLetters()).singleElement()
            .satisfies(dead -> assertThat(dead.deadLetterErrorDescription()).isEqualTo("refused by the commit"));
        assertThat(CALLS).isNotEmpty().allSatisfy(call -> assertThat(call.getValue()).contains("\"orderId\": \"order-2\""));
    }

    private void awaitCalls() {
        await().until(() -> bus.counts(SUBSCRIPTION).active() == 0 && !CALLS.isEmpty());
        shop.awaitQuiet(tables);
    }
}
