package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** Orders that arrive while a transaction of orders runs. */
@WorkerTest
@ExtendWith(OutputCaptureExtension.class)
class OrderBatchTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private CamelContext camel;
    private final CountDownLatch firstRuns = new CountDownLatch(1);
    private final CountDownLatch firstMayCommit = new CountDownLatch(1);

    @BeforeEach
    void someStock() throws Exception {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("first", 1);
        tables.stock("a", 5);
        tables.stock("b", 5);
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("short").before().process(this::waitIfFirst).id("wait"));
    }

    @AfterEach
    void waitNoMore() throws Exception {
        firstMayCommit.countDown();
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("wait").remove());
    }

    private void waitIfFirst(Exchange exchange) throws InterruptedException {
        if (exchange.getMessage().getBody(Map.class).get("messageBody").toString().contains("first")) {
            firstRuns.countDown();
            firstMayCommit.await();
        }
    }

    @Test
    void shareOneTransactionAndEachHasItsOwnOutcome() {
        shop.sendPayments(about("paid", "PaymentProcessed", "Captured"));
        shop.awaitQuiet(tables);

        together(order("1", "2 a"), order("short", "1 b", "6 a"), order("2", "1 a", "1 b"), order("paid", "1 b"), order("2", "1 a", "1 b"));

        assertThat(tables.rows("SELECT order_id, status FROM inventory_orders ORDER BY 1").stream().map(Map::values).map(Object::toString))
            .containsExactly("[1, Reserved]", "[2, Reserved]", "[first, Reserved]", "[paid, Committed]", "[short, Insufficient]");
        assertThat(tables.stockOf("a")).isEqualTo("2 available, 3 reserved, version 3");
        assertThat(tables.stockOf("b")).isEqualTo("3 available, 1 reserved, version 4");
        assertThat(tables.count("(SELECT DISTINCT xmin::text FROM inbox WHERE message_type = 'OrderCreated') AS transactions"))
            .as("one for the first, and one for all that waited").isEqualTo(2);
        assertThat(tables.count("inbox")).isEqualTo(7);
        assertThat(shop.events()).as("one of the first order, one of order 1, two of order 2, two of the paid one, one of the short one").hasSize(7);
        assertThat(shop.deadLetters()).isEmpty();
    }

    @Test
    void areNotHarmedByOneThatIsInvalid(CapturedOutput output) {
        tables.stock("many", 100);
        List<ServiceBusMessage> orders = new ArrayList<>();
        for (int i = 0; i < 99; i++) {
            orders.add(order("good-" + i, "1 many"));
        }
        orders.add(50, order("too-many", "2147483647 many", "1 many"));

        together(99, orders.toArray(ServiceBusMessage[]::new));

        assertThat(shop.deadLetters()).singleElement().satisfies(dead -> assertThat(dead.deadLetterErrorDescription())
            .isEqualTo("items: the quantities of product many add up to 2147483648, more than 2147483647"));
        assertThat(tables.stockOf("many")).isEqualTo("1 available, 99 reserved, version 100");
        assertThat(tables.count("inventory_orders WHERE order_id LIKE 'good-%' AND status = 'Reserved'")).isEqualTo(99);
        assertThat(tables.count("(SELECT DISTINCT xmin::text FROM inbox) AS transactions")).as("one for the first, and one for the 99").isEqualTo(2);
        assertThat(output.getAll()).doesNotContain("were rolled back");
        assertThat(tables.count("inbox")).as("all except the invalid one").isEqualTo(100);
        assertThat(shop.events()).hasSize(100);
    }

    @Test
    void areAllHandledInOneTransactionThoughTheyHaveOneMessageId() {
        String id = UUID.randomUUID().toString();
        shop.sendPayments(about("paid", "PaymentProcessed", "Captured").setMessageId(id));
        shop.awaitQuiet(tables);

        together(order("1", "2 a").setMessageId(id), order("2", "1 a").setMessageId(id), order("1", "2 a").setMessageId(id),
            order("paid", "1 b").setMessageId(id));

        assertThat(tables.rows("SELECT order_id, status FROM inventory_orders ORDER BY 1").stream().map(Map::values).map(Object::toString))
            .containsExactly("[1, Reserved]", "[2, Reserved]", "[first, Reserved]", "[paid, Committed]");
        assertThat(tables.count("(SELECT DISTINCT xmin::text FROM inbox WHERE message_type = 'OrderCreated') AS transactions"))
            .as("one for the first, and one for all that waited").isEqualTo(2);
        assertThat(tables.count("inbox")).isEqualTo(5);
        assertThat(shop.deadLetters()).isEmpty();
    }

    @Test
    void goOnTogetherWithoutThoseThatWantAProductThatSomebodyKeepsLocked() throws Exception {
        tables.stock("many", 1000);
        tables.stock("locked", 10);
        ServiceBusMessage[] orders = IntStream.range(0, 99).mapToObj(n -> n % 10 == 0 ? order("wants-" + n, "1 many", "1 locked") : order("free-" + n, "1 many"))
            .toArray(ServiceBusMessage[]::new);
        try (Connection somebody = jdbc.getDataSource().getConnection()) {
            somebody.setAutoCommit(false);
            somebody.createStatement().execute("SELECT FROM inventory WHERE product_id = 'locked' FOR UPDATE");

            beginTogether(99, orders);

            await().until(() -> tables.count("inventory_orders WHERE order_id LIKE 'free-%' AND status = 'Reserved'") == 89);
            shop.send(order("later", "1 a"));
            await().until(() -> "Reserved".equals(tables.statusOf("later")));
            assertThat(tables.count("inventory_orders WHERE order_id LIKE 'wants-%'")).isZero();
            somebody.rollback();
        }
        await().until(() -> tables.count("inventory_orders WHERE status = 'Reserved'") == 101);
        shop.awaitQuiet(tables);

        assertThat(tables.count("(SELECT DISTINCT xmin::text FROM inventory_orders WHERE order_id LIKE 'free-%') AS transactions")).isEqualTo(1);
        assertThat(tables.stockOf("locked")).startsWith("0 available, 10 reserved");
        assertThat(tables.stockOf("many")).startsWith("901 available, 99 reserved");
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(101);
        assertThat(shop.events()).as("one per line").hasSize(111);
        assertThat(shop.deadLetters()).isEmpty();
    }

    /** Sends messages while the transaction of an order runs. */
    private void together(ServiceBusMessage... messages) {
        together(messages.length, messages);
    }

    /** @param valid number of messages that are valid, and so wait for the transaction */
    private void together(int valid, ServiceBusMessage... messages) {
        beginTogether(valid, messages);
        shop.awaitQuiet(tables);
    }

    private void beginTogether(int valid, ServiceBusMessage... messages) {
        shop.send(order("first", "1 first"));
        await().until(() -> firstRuns.getCount() == 0);
        shop.send(messages);
        await().until(() -> waiting() == valid);
        firstMayCommit.countDown();
    }

    private static long waiting() {
        return Thread.getAllStackTraces().values().stream().map(List::of).filter(OrderBatchTest::waitsForItsTurn).count();
    }

    private static boolean waitsForItsTurn(List<StackTraceElement> stack) {
        List<String> methods = stack.stream().map(frame -> frame.getClassName().replaceFirst(".*\\.", "") + '.' + frame.getMethodName()).toList();
        int turn = methods.indexOf("CommitLine.take");
        return turn > 0 && methods.get(turn - 1).equals("CompletableFuture.join");
    }
}
