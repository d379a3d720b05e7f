package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;
import servicebus.EmbeddedServiceBus;

/** 100,000 reservations expire at once, while new orders reserve the same products. */
@WorkerTest
@TestPropertySource(properties = {"inventory.reservation.expiry-schedule=* * * * * ?", "inventory.reservation.expiry-batch-size=" + ExpiryBacklogTest.BATCH})
@DirtiesContext
class ExpiryBacklogTest {

    static final int BATCH = 200;
    private static final int EXPIRED = 100_000;
    private static final int PRODUCTS = 20;
    private static final int STOCK = 50_000;
    private static final int OTHER_INSTANCES = 2;
    private static final int ORDERS_AT_ONCE = 20;

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private Invariants invariants;
    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate otherInstance;

    @Test
    void aBacklogOfExpiredOrdersIsWorkedOffInBatchesBetweenWhichNewOrdersAreReserved() throws Exception {
        // Other tests check the published events.
        camel.getRouteController().stopRoute("outbox-relay");
        jdbc.execute("""
            INSERT INTO inventory (product_id, available_stock, reserved_stock)
            SELECT 'p' || n, %2$d - %1$d / %3$d, %1$d / %3$d FROM generate_series(0, %3$d - 1) AS n;
            INSERT INTO inventory_orders (order_id, status, items)
            SELECT 'old-' || n, 'Reserved', jsonb_build_array(jsonb_build_object('productId', 'p' || n %% %3$d, 'quantity', 1))
            FROM generate_series(1, %1$d) AS n;
            INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at)
            SELECT 'r' || n, 'old-' || n, 'p' || n %% %3$d, 1, 'Reserved', now() FROM generate_series(1, %1$d) AS n;
            ANALYZE"""
            .formatted(EXPIRED, STOCK, PRODUCTS));

        ExecutorService others = Executors.newFixedThreadPool(OTHER_INSTANCES);
        List<Future<Void>> expiring = IntStream.range(0, OTHER_INSTANCES).mapToObj(instance -> others.submit((Callable<Void>) () -> {
            while (backlog() > 0) {
                otherInstance.requestBody("direct:expire-batch", Map.of("batchSize", BATCH, "since", "-infinity", "lockedProducts", "[]"));
            }
            return null;
        })).toList();
        int ordered = 0;
        do {
            int first = ordered;
            shop.send(IntStream.range(first, first + ORDERS_AT_ONCE)
                .mapToObj(n -> order("new-" + n, "1 p" + n % PRODUCTS, "1 p" + (n + 7) % PRODUCTS)).toArray(ServiceBusMessage[]::new));
            ordered += ORDERS_AT_ONCE;
            int all = ordered;
            await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() == all);
        } while (backlog() > 0);
        for (Future<Void> instance : expiring) {
            instance.get();
        }
        others.shutdown();

        assertThat(tables.count("inventory_orders WHERE status = 'Expired' AND order_id LIKE 'old-%'")).isEqualTo(EXPIRED);
        assertThat(tables.row("SELECT count(*), count(DISTINCT partition_key) AS orders FROM outbox "
            + "WHERE message_type = 'InventoryReleased' AND message_body ->> 'reason' = 'Expired'"))
            .as("each order is released once").isEqualTo(Map.of("count", (long) EXPIRED, "orders", (long) EXPIRED));
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved' AND order_id LIKE 'new-%'"))
            .as("every new order is reserved").isEqualTo(ordered);
        assertThat(tables.count("inbox WHERE processed_at IS NULL")).as("none had to wait").isZero();
        assertThat(tables.count("outbox WHERE message_type = 'InventoryReserved' "
            + "AND created_at < (SELECT max(created_at) FROM outbox WHERE message_type = 'InventoryReleased')")).as("between the batches").isPositive();
        assertThat(tables.rows("""
            SELECT * FROM (
                SELECT message_body, available, change,
                       lag(available, 1, ?) OVER (PARTITION BY message_body ->> 'productId' ORDER BY sequence) AS before
                FROM outbox, LATERAL (SELECT
                    CAST(coalesce(message_body ->> 'availableStock', message_body ->> 'remainingStock') AS integer),
                    CAST(coalesce(message_body ->> 'quantityReleased', '-' || (message_body ->> 'quantityReserved')) AS integer)
                ) AS published (available, change)) AS event
            WHERE available <> before + change LIMIT 10""", STOCK - EXPIRED / PRODUCTS)).as("events whose stock does not follow from the previous event").isEmpty();
        invariants.assertHold();
        invariants.assertUnitsAdd();
        assertThat(tables.row("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")).containsEntry("deadlocks", 0L);
    }

    private long backlog() {
        return tables.count("(SELECT FROM inventory_reservations WHERE status = 'Reserved' AND expires_at <= now() LIMIT 1) AS due");
    }
}
