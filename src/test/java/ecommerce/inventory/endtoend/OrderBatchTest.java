package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Shop.about;
import static ecommerce.inventory.support.Shop.await;
import static ecommerce.inventory.support.Shop.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Shop;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Orders that wait while a transaction of orders runs. */
@WorkerTest
class OrderBatchTest {

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private Shop shop;
    @Autowired
    private Tables tables;
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
            .as("the first, and one for all that waited").isEqualTo(2);
        assertThat(tables.count("inbox")).isEqualTo(7);
        assertThat(shop.events()).as("of the first order, of order 1, two of order 2, two of the paid one, one of the short one").hasSize(7);
        assertThat(shop.deadLetters()).isEmpty();
    }

    @Test
    void areNotHarmedByOneThatIsInvalid() {
        together(order("1", "2 a"), order("too-many", "2147483647 a", "1 a"), order("2", "1 a", "1 b"));

        assertThat(shop.deadLetters()).singleElement().satisfies(dead -> assertThat(dead.deadLetterErrorDescription())
            .isEqualTo("items: the quantities of product a add up to 2147483648, more than 2147483647"));
        assertThat(tables.stockOf("a")).isEqualTo("2 available, 3 reserved, version 3");
        assertThat(tables.statusOf("1") + tables.statusOf("2")).isEqualTo("ReservedReserved");
        assertThat(tables.count("inbox")).as("nothing of the invalid one").isEqualTo(3);
        assertThat(shop.events()).hasSize(4);
    }

    /** Has messages come while the transaction of an order runs. */
    private void together(ServiceBusMessage... messages) {
        shop.send(order("first", "1 first"));
        await().until(() -> firstRuns.getCount() == 0);
        shop.send(messages);
        await().until(() -> waiting() == messages.length);
        firstMayCommit.countDown();
        shop.awaitQuiet(tables);
    }

    private static long waiting() {
        return Thread.getAllStackTraces().values().stream().map(List::of).filter(OrderBatchTest::waitsForItsTurn).count();
    }

    private static boolean waitsForItsTurn(List<StackTraceElement> stack) {
        List<String> methods = stack.stream().map(frame -> frame.getClassName().replaceFirst(".*\\.", "") + '.' + frame.getMethodName()).toList();
        int together = methods.indexOf("GroupCommit$Group.together");
        return together > 0 && methods.get(together - 1).equals("CompletableFuture.join");
    }
}
