package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.Counts;
import servicebus.EmbeddedServiceBus;

/** Messages that are not settled, or whose settlement the broker does not answer, and the messages behind them. */
@WorkerTest
@Import(NewTransaction.class)
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = {"inventory.servicebus.max-concurrent-calls=1", "inventory.servicebus.try-timeout=PT3S",
    "inventory.inbox.max-retries=0"})
class UnsettledMessageTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
    }

    @Test
    void aMessageThatCanNeitherBeHandledNorParkedComesBackWhenItsLockEndsAndNotBefore(CapturedOutput output) {
        Counts before = bus.counts(ShopDriver.SUBSCRIPTION);
        jdbc.execute("ALTER TABLE inventory_orders ADD CONSTRAINT nothing CHECK (order_id <> 'order-1')");
        jdbc.execute("ALTER TABLE inbox ADD CONSTRAINT nothing CHECK (retry_count = 0)");
        try {
            shop.send(order("order-1", "1 a"));
            await().until(() -> output.getOut().contains("failed in delivery 1; it is delivered again when its lock ends"));
            shop.send(order("order-2", "1 a"));
            await().until(() -> "Reserved".equals(tables.statusOf("order-2")));

            // The message of order 2 may not be settled yet.
            await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).completed() > before.completed());
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).locked()).as("of order 1").isEqualTo(1);
            assertThat(tables.count("inbox")).as("of order 2").isEqualTo(1);
        } finally {
            jdbc.execute("ALTER TABLE inventory_orders DROP CONSTRAINT nothing");
            jdbc.execute("ALTER TABLE inbox DROP CONSTRAINT nothing");
        }
        bus.loseLocks(ShopDriver.SUBSCRIPTION);
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);

        Counts after = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(after.abandoned() - before.abandoned()).as("an abandoned message would return at once, and use up its deliveries").isZero();
        assertThat(after.expiredLocks() - before.expiredLocks()).isEqualTo(1);
        assertThat(output.getOut()).doesNotContain("failed in delivery 2");
    }

    @Test
    void aBrokerThatDoesNotAnswerKeepsNoHandler(CapturedOutput output) {
        bus.ignoreSettlements(ShopDriver.SUBSCRIPTION, 1);
        shop.send(order("order-1", "1 a"));
        shop.send(order("order-2", "1 a"));
        await().until(() -> "Reserved".equals(tables.statusOf("order-2")));

        assertThat(output.getOut()).contains("could not be settled; it will be delivered again", "no answer in PT3S");
        bus.loseLocks(ShopDriver.SUBSCRIPTION);
        shop.awaitQuiet(tables);
        assertThat(tables.stockOf("a")).as("each once").isEqualTo("8 available, 2 reserved, version 3");
    }

    /** The SDK passes it to a handler next to the one that still runs, despite the limit. */
    @Test
    void aMessageThatComesByANewConnectionWaitsForTheHandlerThatTheOldOneLeft(CapturedOutput output,
            @Autowired NewTransaction transaction) {
        transaction.executeWithoutResult(migration -> {
            jdbc.execute("LOCK TABLE inventory_orders");
            shop.send(order("order-1", "1 a"));
            await().until(() -> output.getOut().contains("the message is held"));
            bus.dropConnections();
            shop.send(order("order-2", "1 a"));
            await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).locked() == 2);
        });

        await().until(() -> "Reserved".equals(tables.statusOf("order-2")));
        bus.loseLocks(ShopDriver.SUBSCRIPTION);
        shop.awaitQuiet(tables);
        assertThat(tables.stockOf("a")).as("each once").isEqualTo("8 available, 2 reserved, version 3");
    }
}
