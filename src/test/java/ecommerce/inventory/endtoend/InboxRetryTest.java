package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** A message that keeps failing leaves the broker, waits in the inbox, and is finally handled, or dead and replayed. */
@Tag("plain-camel")
@WorkerTest
@TestPropertySource(properties = {
    "inventory.inbox.max-retries=1",
    "inventory.inbox.retry-delay=PT0.001S",
    "inventory.inbox.max-attempts=1000",
    // A form that Java accepts and PostgreSQL does not.
    "inventory.reservation.ttl=pt25m",
    "inventory.inbox.parked-delay=pt0.1s",
    "inventory.inbox.parked-delay-max=pt0.1s"})
class InboxRetryTest {

    @Autowired
    private CamelContext camel;
    @Autowired
    private ProducerTemplate operator;
    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private Invariants invariants;
    @Autowired
    private JdbcTemplate jdbc;
    private volatile boolean fault = true;

    @BeforeEach
    void reservationsOfOrderOneFail() throws Exception {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
        // Fails after the reservation, so that there is something to roll back.
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("short").before().process(exchange -> {
            if (fault && exchange.getVariable("messageBody", String.class).contains("order-1")) {
                throw new CannotAcquireLockException("not now");
            }
        }).id("fault"));
    }

    @AfterEach
    void withoutFault() throws Exception {
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("fault").remove());
        assertThat(shop.deadLetters()).as("no dead letter in the broker").isEmpty();
        invariants.assertHold();
    }

    @Test
    void aMessageThatKeepsFailingIsParkedAndDoneLater() {
        shop.send(order("order-1", "2 a"));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count >= 1 AND error_message = 'not now'") == 1);
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).active() == 0);
        assertThat(tables.count("inventory_orders") + tables.count("outbox")).as("all of it is rolled back").isZero();
        fault = false;

        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("a")).as("once").isEqualTo("8 available, 2 reserved, version 2");
        assertThat(tables.count("inventory_reservations WHERE expires_at = created_at + interval '25 minutes'")).isEqualTo(1);
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(1);
        assertThat(shop.events()).singleElement().extracting(BrowsedMessage::subject).isEqualTo("InventoryReserved");
    }

    @Test
    void aMessageThatHasTheIdOfAnotherIsParkedToo() {
        String id = UUID.randomUUID().toString();
        shop.send(order("order-2", "1 a").setMessageId(id));
        await().until(() -> "Reserved".equals(tables.statusOf("order-2")));
        shop.send(order("order-1", "2 a").setMessageId(id));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 1") == 1);
        fault = false;

        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);
        shop.send(order("order-1", "2 a").setMessageId(id));
        shop.awaitQuiet(tables);

        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("one per message").isEqualTo(2);
    }

    @Test
    void laterMessagesOfTheOrderWaitForItAndThoseOfOtherOrdersDoNot() {
        shop.send(order("order-1", "2 a"));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL") == 1);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        shop.send(order("order-2", "1 a"));
        await().until(() -> "Reserved".equals(tables.statusOf("order-2")));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND dead_at IS NULL AND message_type = 'PaymentProcessed'") == 1);
        fault = false;

        await().until(() -> "Committed".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);

        assertThat(shop.events("order-1")).extracting(BrowsedMessage::subject).containsExactly("InventoryReserved", "InventoryCommitted");
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("each once").isEqualTo(3);
    }

    @Test
    void aMessageThatFailsTooOftenIsDeadAndAnOperatorReplaysIt() {
        shop.send(order("order-1", "2 a"));
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL") == 1);
        jdbc.update("UPDATE inbox SET retry_count = 998");
        await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 1);
        Map<String, Object> dead = tables.row("SELECT CAST(message_id AS text) AS id, message_type, retry_count, error_message, partition_key FROM inbox");
        assertThat(dead).containsEntry("message_type", "OrderCreated").containsEntry("retry_count", 1000)
            .containsEntry("error_message", "not now").containsEntry("partition_key", "order/order-1");
        assertThat(tables.count("inventory_orders") + tables.count("outbox")).isZero();
        fault = false;

        Map<String, Object> request = new HashMap<>(Map.of("replayedBy", "ada", "reason", "the lock is gone"));
        request.put("messageId", dead.get("id"));
        assertThat(operator.requestBody("direct:replay-dead-messages", request, Long.class)).isEqualTo(1);
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));

        assertThat(tables.count("inbox WHERE dead_at IS NOT NULL")).isZero();
        assertThat(tables.row("SELECT replayed_by, reason, error_message FROM message_replays"))
            .isEqualTo(Map.of("replayed_by", "ada", "reason", "the lock is gone", "error_message", "not now"));
    }

    @Test
    void aMessageThatCostsItsConnectionIsParkedAndDeadAtLastWhileOthersGoOn() {
        fault = false;
        // Acts like a statement that crashes its backend at each attempt.
        jdbc.execute("CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS "
            + "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'");
        jdbc.execute("CREATE TRIGGER lose_connection BEFORE INSERT ON inventory_orders FOR EACH ROW WHEN (NEW.order_id LIKE 'order-1%') "
            + "EXECUTE FUNCTION lose_connection()");
        try {
            shop.send(order("order-1", "2 a"), order("order-2", "1 a"), order("order-11", "1 a"), order("order-3", "1 a"));
            await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 2") == 2);
            assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).as("orders 2 and 3").isEqualTo(2);
            assertThat(tables.rows("SELECT error_message FROM inbox WHERE processed_at IS NULL"))
                .allSatisfy(row -> assertThat(row.get("error_message").toString()).contains("terminating connection due to administrator command"));

            jdbc.update("UPDATE inbox SET retry_count = 999 WHERE processed_at IS NULL");
            await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 2);
        } finally {
            jdbc.execute("DROP TRIGGER lose_connection ON inventory_orders");
            jdbc.execute("DROP FUNCTION lose_connection()");
        }
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("settled").isZero();
        assertThat(tables.stockOf("a")).isEqualTo("8 available, 2 reserved, version 3");
    }

    /** With a faulty statement that casts a text to a number. */
    @Test
    void aMessageThatAStatementCannotHandleIsParkedAndDoneOnceTheStatementIsMended() {
        fault = false;
        refuseOrderOne("PERFORM CAST('none' AS integer)");
        try {
            shop.send(order("order-1", "2 a"), order("order-2", "1 a"), order("order-3", "1 a"));
            await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 1 AND dead_at IS NULL") == 1);
            await().until(() -> tables.count("inventory_orders WHERE status = 'Reserved'") == 2);
            assertThat(tables.row("SELECT error_message FROM inbox WHERE processed_at IS NULL").get("error_message").toString())
                .contains("invalid input syntax for type integer");
        } finally {
            refuseNobody();
        }

        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        assertThat(tables.stockOf("a")).isEqualTo("6 available, 4 reserved, version 4");
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(3);
    }

    @Test
    void aMessageThatOurSqlFindsInvalidWhileParkedIsDeadAtOnceWithTheReason() {
        fault = false;
        refuseOrderOne("PERFORM 1 / 0");
        try {
            shop.send(order("order-1", "2 a"));
            await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND dead_at IS NULL") == 1);
            refuseOrderOne("RAISE SQLSTATE 'IW001' USING MESSAGE = 'items: not together'");
            await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 1);
        } finally {
            refuseNobody();
        }
        assertThat(tables.row("SELECT error_message FROM inbox")).containsEntry("error_message", "ERROR: items: not together");
    }

    private void refuseOrderOne(String statement) {
        jdbc.execute("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + statement + "; RETURN NEW; END $$");
        jdbc.execute("CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON inventory_orders FOR EACH ROW WHEN (NEW.order_id = 'order-1') "
            + "EXECUTE FUNCTION refuse()");
    }

    private void refuseNobody() {
        jdbc.execute("DROP TRIGGER refuse ON inventory_orders");
        jdbc.execute("DROP FUNCTION refuse()");
    }

    @Test
    void aProductThatSomebodyKeepsLockedHoldsUpThoseWhoWantItOnly() throws Exception {
        fault = false;
        tables.stock("many", 1000);
        tables.stock("locked", 20);
        try (Connection somebody = keepLocked("SELECT FROM inventory WHERE product_id = 'locked' FOR UPDATE")) {
            shop.send(IntStream.range(0, 200).mapToObj(n -> n % 10 == 0 ? order("wants-" + n, "1 many", "1 locked") : order("free-" + n, "1 many"))
                .toArray(ServiceBusMessage[]::new));
            await().until(() -> tables.count("inventory_orders WHERE status = 'Reserved'") == 180);
            await().until(() -> tables.count("inbox WHERE processed_at IS NULL AND retry_count > 0") == 20);
            await().until(() -> tables.count("inbox WHERE retry_count > 1") > 0);
            shop.sendPayments(about("free-1", "PaymentProcessed", "Captured"));
            shop.command("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 1}");
            await().until(() -> "Committed".equals(tables.statusOf("free-1")) && tables.stockOf("a").startsWith("11 "));
            assertThat(tables.count("inventory_orders WHERE order_id LIKE 'wants-%'")).isZero();
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("none of them is left in the broker").isZero();
            somebody.rollback();
        }
        await().until(() -> tables.count("inbox WHERE processed_at IS NULL") == 0);
        shop.awaitQuiet(tables);

        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(199);
        assertThat(tables.stockOf("locked")).startsWith("0 available, 20 reserved");
        assertThat(tables.stockOf("many")).startsWith("800 available, 199 reserved");
        assertThat(tables.count("inbox")).isEqualTo(202);
        assertThat(shop.events()).as("one per line, a commit and a restock").hasSize(222);
    }

    @Test
    void whileAMigrationLocksATableMessagesAreHeldAndNoneIsParkedOrBurnt() throws Exception {
        fault = false;
        var before = bus.counts(ShopDriver.SUBSCRIPTION);
        AtomicInteger tries = new AtomicInteger();
        AdviceWith.adviceWith(camel, "reserve-inventory",
            route -> route.weaveById("orders-as-columns").before().process(exchange -> tries.incrementAndGet()).id("count"));
        try (Connection migration = keepLocked("LOCK TABLE inventory_orders IN ACCESS EXCLUSIVE MODE")) {
            shop.send(order("order-2", "1 a"));
            // More tries than any failure other than an outage gets.
            await().until(() -> tries.get() > 3);
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).isEqualTo(1);
            migration.rollback();
        } finally {
            AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("count").remove());
        }
        await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).active() == 0);

        assertThat(tables.row("SELECT retry_count, processed_at IS NOT NULL AS processed FROM inbox")).isEqualTo(Map.of("retry_count", 0, "processed", true));
        assertThat(tables.statusOf("order-2")).isEqualTo("Reserved");
        assertThat(bus.counts(ShopDriver.SUBSCRIPTION).abandoned()).isEqualTo(before.abandoned());
    }

    private Connection keepLocked(String statement) throws SQLException {
        Connection connection = jdbc.getDataSource().getConnection();
        connection.setAutoCommit(false);
        connection.createStatement().execute(statement);
        return connection;
    }

    @Test
    void aCommandThatTurnsOutToBeImpossibleWhileParkedIsDeadWithTheReason() throws Exception {
        AdviceWith.adviceWith(camel, "adjust-inventory", route -> route.weaveById("adjust").before().process(exchange -> {
            if (fault) {
                throw new CannotAcquireLockException("not now");
            }
        }).id("adjust-fault"));
        try {
            shop.command("AdjustInventory", "{\"productId\": \"b\", \"quantityChange\": 1, \"reason\": \"r\"}");
            await().until(() -> tables.count("inbox WHERE processed_at IS NULL") == 1);
            fault = false;
            await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 1);
        } finally {
            AdviceWith.adviceWith(camel, "adjust-inventory", route -> route.weaveById("adjust-fault").remove());
        }
        assertThat(tables.row("SELECT error_message FROM inbox")).containsEntry("error_message", "productId: b is not known");
    }
}
