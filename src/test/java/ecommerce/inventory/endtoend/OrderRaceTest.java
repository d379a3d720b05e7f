package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** Many orders at once for few products, every message twice. */
@Tag("plain-camel")
@WorkerTest
class OrderRaceTest {

    private static final int THREADS = 16;
    private static final int ORDERS_PER_THREAD = 200;
    private static final int ORDERS = THREADS * ORDERS_PER_THREAD;
    private static final int PRODUCTS = 5;
    /** Less than all orders want, so that the products sell out during the race. */
    private static final int STOCK = 2_000;

    private static final Function<BrowsedMessage, String> ORDER_ID =
        event -> event.bodyAsString().replaceFirst(".*\"orderId\": \"([^\"]*)\".*", "$1");

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;

    @Test
    void racingOrdersForHotProductsNeitherOversellNorDeadlockAndHaveOneOutcomeEach() throws Exception {
        // Other tests may have used this worker before.
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        long completed = bus.counts(ShopDriver.SUBSCRIPTION).completed();
        Object deadlocks = deadlocks();
        IntStream.range(0, PRODUCTS).forEach(product -> tables.stock("hot-" + product, STOCK));

        ExecutorService senders = Executors.newFixedThreadPool(THREADS);
        List<Callable<Void>> work = IntStream.range(0, THREADS).<Callable<Void>>mapToObj(thread -> () -> {
            shop.send(twiceEach(thread));
            return null;
        }).toList();
        for (Future<Void> sent : senders.invokeAll(work)) {
            sent.get();
        }
        senders.shutdown();
        await().atMost(Duration.ofMinutes(5)).until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() == completed + 2 * ORDERS);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox")).as("each message is accepted once").isEqualTo(ORDERS);
        assertThat(tables.count("inventory_orders")).as("each order has one outcome").isEqualTo(ORDERS);
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).as("some orders are reserved").isPositive();
        assertThat(tables.count("inventory_orders WHERE status = 'Insufficient'")).as("some come too late").isPositive();

        // available + reserved = initial, and reserved = what the reservations hold.
        assertThat(tables.rows("""
            SELECT i.product_id FROM inventory i
            LEFT JOIN (SELECT product_id, sum(quantity_reserved) AS held FROM inventory_reservations WHERE status = 'Reserved' GROUP BY 1) r
            USING (product_id)
            WHERE i.total_stock <> ? OR i.reserved_stock <> coalesce(r.held, 0) OR i.available_stock < 0""", STOCK)).isEmpty();
        assertThat(tables.count("inventory_reservations r JOIN inventory_orders o USING (order_id) WHERE o.status <> 'Reserved'"))
            .as("an insufficient order holds nothing").isZero();

        assertThat(shop.deadLetters()).isEmpty();
        assertThat(deadlocks()).as("locks are taken in product order").isEqualTo(deadlocks);

        // The published events are the rows of the outbox, each once.
        Map<String, Long> published = shop.events().stream().collect(Collectors.groupingBy(BrowsedMessage::subject, Collectors.counting()));
        assertThat(published.get("InventoryReserved")).isEqualTo(tables.count("inventory_reservations"));
        assertThat(shop.events()).extracting(BrowsedMessage::messageId).doesNotHaveDuplicates().hasSize((int) tables.count("outbox"));
        Map<Object, String> outcomes = tables.rows("SELECT order_id, status FROM inventory_orders").stream()
            .collect(Collectors.toMap(row -> row.get("order_id"), row -> "Inventory" + row.get("status")));
        assertThat(shop.events()).allSatisfy(event ->
            assertThat(event.subject()).isEqualTo(outcomes.get(ORDER_ID.apply(event))));
        assertThat(shop.events().stream().map(ORDER_ID).distinct()).as("each order has an event").hasSize(ORDERS);
    }

    private Object deadlocks() {
        return tables.row("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").get("deadlocks");
    }

    /** The orders of a sender, of up to five lines in any order, each message twice and all shuffled. */
    private static ServiceBusMessage[] twiceEach(int thread) {
        Random random = new Random(thread);
        List<ServiceBusMessage> messages = new ArrayList<>();
        for (int i = 0; i < ORDERS_PER_THREAD; i++) {
            List<String> lines = new ArrayList<>();
            for (int line = 0; line <= random.nextInt(PRODUCTS); line++) {
                lines.add(1 + random.nextInt(3) + " hot-" + random.nextInt(PRODUCTS));
            }
            ServiceBusMessage order = ShopDriver.order("order-" + thread + "-" + i, lines.toArray(String[]::new));
            messages.add(order);
            messages.add(order);
        }
        Collections.shuffle(messages, random);
        return messages.toArray(ServiceBusMessage[]::new);
    }
}
