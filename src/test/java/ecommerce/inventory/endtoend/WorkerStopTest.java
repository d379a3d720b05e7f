package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.ShopDriver.orderCreated;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Api;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.support.service.ServiceSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** What a stopping worker does with messages in flight, and how a starting worker answers queries. */
@ExtendWith(OutputCaptureExtension.class)
class WorkerStopTest {

    private static final int ORDERS = 30;

    private final String database = Backend.createDatabase();
    private final DataSource dataSource = DataSourceBuilder.create().url(database).username("postgres").build();
    private final Tables tables = new Tables(new JdbcTemplate(dataSource));
    private final EmbeddedServiceBus bus = Backend.startBus(null);
    private final ShopDriver shop = new ShopDriver(bus);
    private CapturedOutput output;

    @BeforeEach
    void keepOutput(CapturedOutput output) {
        this.output = output;
    }

    @AfterEach
    void destroy() {
        shop.destroy();
    }

    @ParameterizedTest(name = "{0} at a time")
    @ValueSource(ints = {1, 4})
    void whatIsInWorkIsFinishedAndSettledAndNoMoreIsTaken(int inFlight) throws Exception {
        ServiceBusMessage[] orders = IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new);
        stopWhileInFlight(inFlight, () -> shop.send(orders), () -> { }, "inventory.servicebus.max-concurrent-calls=" + inFlight);

        assertThat(tables.count("inbox")).as("messages in flight are handled").isEqualTo(inFlight);
        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.completed()).as("and settled").isEqualTo(inFlight);
        assertThat(counts.active()).as("the rest is for the next worker").isEqualTo(ORDERS - inFlight);
        assertThat(counts.locked()).as("at once").isZero();

        try (var next = Worker.start(database, bus)) {
            shop.awaitQuiet(tables);
        }
        assertThat(tables.count("inventory_orders")).isEqualTo(ORDERS);
    }

    @Test
    void largeMessagesThatWaitForOthersToBeDoneAreNotTakenAnyMore() throws Exception {
        int fit = 2;
        stopWhileInFlight(fit, () -> {
            for (int i = 0; i < fit + 2; i++) {
                shop.send(orderCreated("{\"orderId\":\"order-" + i + "\",\"items\":[{\"productId\":\"a\",\"quantity\":1}],\"note\":\""
                    + "x".repeat(250_000) + "\"}"));
            }
            await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).locked() == fit + 2);
        }, () -> { });

        assertThat(tables.count("inbox")).as("as many as fit into 512 KiB").isEqualTo(fit);
        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.completed()).isEqualTo(fit);
        assertThat(counts.active()).as("for the next worker").isEqualTo(2);
    }

    /** Otherwise it would go from handler to handler until its deliveries are used up. */
    @Test
    void aMessageThatComesWhileTheWorkerStopsIsGivenBack() throws Exception {
        stopWhileInFlight(1, () -> shop.send(order("order-1", "1 a")), () -> {
            shop.send(order("order-2", "1 a"));
            await().until(() -> bus.counts(ShopDriver.SUBSCRIPTION).locked() == 2 || bus.counts(ShopDriver.SUBSCRIPTION).deadLetteredTotal() > 0);
        });

        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.deadLetteredTotal()).isZero();
        assertThat(counts.abandoned()).as("once, and again by the SDK if the broker resends it while the receiver is closing")
            .isBetween(1L, 2L);
        assertThat(counts.active()).as("for the next worker").isEqualTo(1);
    }

    @Test
    void aQuestionThatComesBeforeTheRoutesAreThereIsToComeAgain() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        HeldStart.latch = new CountDownLatch(1);
        CompletableFuture<ConfigurableApplicationContext> worker = CompletableFuture.supplyAsync(
            () -> Worker.start(database, bus, "server.port=" + port, "spring.main.sources=" + HeldStart.class.getName()));
        Api api = new Api(port);
        try {
            await().ignoreExceptionsInstanceOf(UncheckedIOException.class).until(() -> api.send("/").statusCode() == 200);

            for (String question : Api.questions()) {
                assertThat(api.problem(503, question).get("detail").textValue()).isEqualTo("The worker is starting or stopping. Try again.");
            }
            assertThat(api.send("/api/inventory/stream").statusCode()).isEqualTo(503);
            assertThat(api.send("/api/inventory/stock").headers().firstValue("Retry-After")).hasValue("1");
            assertThat(worker).as("the start").isNotDone();
        } finally {
            HeldStart.latch.countDown();
            try (var started = worker.join()) {
                assertThat(api.get("/backlog", "Backlog").get("inbox").get("parked").intValue()).isZero();
            }
        }
    }

    /** The last bean that Spring starts. Camel starts its routes after that. */
    static class HeldStart implements SmartLifecycle {

        private static CountDownLatch latch;

        @Override
        public void start() {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void stop() {
        }

        @Override
        public boolean isRunning() {
            return latch.getCount() == 0;
        }
    }

    /**
     * Starts a worker, and stops it while a number of messages are in flight, each in a transaction of its own. They continue after the
     * stop has begun.
     */
    private void stopWhileInFlight(int inFlight, Runnable before, Runnable meanwhile, String... properties) throws Exception {
        ConfigurableApplicationContext worker = Worker.start(database, bus,
            Stream.concat(Stream.of("inventory.inbox.batch-size=1"), Stream.of(properties)).toArray(String[]::new));
        CamelContext camel = worker.getBean(CamelContext.class);
        AtomicInteger working = new AtomicInteger();
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AdviceWith.adviceWith(camel, "reserve-inventory", route -> route.weaveById("reserve").before().process(exchange -> {
            working.incrementAndGet();
            mayGoOn.await();
        }));
        tables.stock("a", 1_000);
        before.run();
        await().until(() -> working.get() == inFlight);

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(worker::close);
        // The consumer waits for messages in flight.
        await().until(() -> ((ServiceSupport) camel.getRoute("orders-subscription").getConsumer()).isSuspending());
        meanwhile.run();
        mayGoOn.countDown();
        stopped.get();
        assertThat(output).doesNotContain("still in flight");
    }
}
