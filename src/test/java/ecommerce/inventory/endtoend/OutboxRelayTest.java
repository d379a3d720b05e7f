package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** The relay between the outbox and the topic: order, retries, several of them side by side. */
@Tag("plain-camel")
class OutboxRelayTest {

    private static final String NEVER = "inventory.outbox.schedule=0 0 0 1 1 ? 2099";
    private static final String BATCHES_OF_TEN = "inventory.outbox.batch-size=10";

    private final String database = Backend.createDatabase();
    private final EmbeddedServiceBus bus = Backend.startBus(null);
    private final ShopDriver shop = new ShopDriver(bus);
    private ConfigurableApplicationContext worker;
    private JdbcTemplate jdbc;
    private Tables tables;

    @BeforeEach
    void start() {
        worker = Worker.start(database, bus, NEVER, BATCHES_OF_TEN, "inventory.outbox.outage-pause=PT0.2S");
        jdbc = worker.getBean(JdbcTemplate.class);
        tables = new Tables(jdbc);
    }

    @AfterEach
    void stop() {
        worker.close();
        shop.destroy();
    }

    @Test
    void aCommittedOrderWakesTheRelay() {
        tables.stock("a", 1);
        // The relay never polls here: without the wake-up call there would be no event.
        shop.send(ShopDriver.order("reserved", "1 a"));
        await().until(() -> shop.events("reserved").size() == 1);
        shop.send(ShopDriver.order("short", "1 a"));
        await().until(() -> shop.events("short").size() == 1);
    }

    @Test
    void severalRelaysShareTheWorkAndKeepTheOrderOfEachKey() {
        int keys = 100;
        int each = 5;
        for (int number = 1; number <= each; number++) {
            for (int key = 0; key < keys; key++) {
                insert("key-" + key, String.valueOf(number));
            }
        }
        try (var second = Worker.start(database, bus, BATCHES_OF_TEN)) {
            wake();
            await().until(() -> tables.count("outbox WHERE published_at IS NULL") == 0);
        }

        List<BrowsedMessage> events = shop.events();
        assertThat(events).as("each event once").hasSize(keys * each);
        for (int key = 0; key < keys; key++) {
            String name = "key-" + key;
            assertThat(events.stream().filter(event -> name.equals(event.correlationId())).map(BrowsedMessage::bodyAsString))
                .as(name).containsExactlyElementsOf(IntStream.rangeClosed(1, each).mapToObj(String::valueOf).toList());
        }
    }

    @Test
    void anEventThatTheBrokerRefusesIsPutOffAndHoldsBackItsOwnKeyOnly() {
        insert("a", "\"" + "x".repeat(5 << 20) + "\"");
        insert("a", "2");
        insert("b", "1");
        wake();
        await().until(() -> shop.events().size() == 1);
        await().until(() -> tables.count("outbox WHERE retry_count = 1") == 1);

        assertThat(shop.events().get(0).correlationId()).isEqualTo("b");
        var refused = tables.row("SELECT error_message, next_retry_at > created_at AS later FROM outbox WHERE retry_count = 1");
        assertThat((String) refused.get("error_message")).matches("Larger than the \\d+ bytes that the broker accepts");
        assertThat(refused).containsEntry("later", true);
        assertThat(tables.count("outbox WHERE partition_key = 'a' AND published_at IS NULL")).as("the refused one and the next one of its key wait").isEqualTo(2);

        jdbc.update("UPDATE outbox SET message_body = '1', next_retry_at = now() WHERE retry_count = 1");
        wake();
        await().until(() -> shop.events().size() == 3);
        assertThat(shop.events()).extracting(BrowsedMessage::bodyAsString).containsExactly("1", "1", "2");
        await().until(() -> tables.count("outbox WHERE error_message IS NULL AND published_at IS NOT NULL") == 3);
    }

    @Test
    void eventsThatTheBrokerRefusesOneByOneAreTriedAgain() {
        insert("a", "1");
        insert("b", "1");
        bus.refuseSends("inventory", "amqp:not-allowed", "Not this one");
        wake();
        await().until(() -> tables.count("outbox WHERE retry_count = 1 AND error_message LIKE '%Not this one%'") == 2);

        bus.acceptSends("inventory");
        jdbc.update("UPDATE outbox SET next_retry_at = now()");
        wake();
        await().until(() -> shop.events().size() == 2);
    }

    @Test
    void anEventThatWasSentButNotMarkedIsSentAgainWithItsMessageId() throws Exception {
        CamelContext camel = worker.getBean(CamelContext.class);
        AdviceWith.adviceWith(camel, "outbox-batch", route -> route.weaveById("mark-published").before()
            .throwException(new IllegalStateException("The process ends between the send and the mark")).id("crash"));
        insert("a", "1");
        wake();
        await().until(() -> shop.events().size() == 1);
        assertThat(tables.count("outbox WHERE published_at IS NULL")).isEqualTo(1);

        AdviceWith.adviceWith(camel, "outbox-batch", route -> route.weaveById("crash").remove());
        wake();
        await().until(() -> tables.count("outbox WHERE published_at IS NOT NULL") == 1);
        assertThat(bus.counts("inventory").duplicatesDetected()).as("the broker knows the id").isPositive();
        assertThat(shop.events()).as("subscribers see it once").hasSize(1);
    }

    private void insert(String key, String body) {
        jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, correlation_id) "
            + "VALUES (gen_random_uuid(), 'InventoryReserved', CAST(? AS jsonb), ?, ?)", body, key, key);
    }

    private void wake() {
        worker.getBean(org.apache.camel.ProducerTemplate.class).sendBody("seda:outbox-relay?size=1&discardWhenFull=true", null);
    }
}
