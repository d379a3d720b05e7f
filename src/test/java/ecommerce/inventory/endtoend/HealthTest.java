package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.servicebus.ReceiverWatch;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ManagementPort;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** What the health endpoints report, and what the worker repairs by itself. */
class HealthTest {

    private static final Logger METERS = (Logger) LoggerFactory.getLogger(MeterRegistry.class);
    private static final String SOURCE = "source=\"orders-subscription\"";
    private static final String PAYMENTS = "source=\"payments-subscription\"";

    private EmbeddedServiceBus bus;
    private ShopDriver shop;
    private Tables tables;
    private ConfigurableApplicationContext worker;
    private ManagementPort management;

    @BeforeEach
    void start() {
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        worker = Worker.start(Backend.createDatabase(), bus,
            "inventory.receivers.watch-schedule=* * * * * ?",
            "inventory.receivers.idle-limit=PT2S",
            "inventory.servicebus.try-timeout=PT1S",
            "inventory.outbox.outage-pause=PT0.2S");
        tables = new Tables(worker.getBean(JdbcTemplate.class));
        tables.stock("a", 10);
        management = new ManagementPort(worker.getEnvironment());
    }

    @AfterEach
    void stop() {
        worker.close();
        shop.destroy();
    }

    @Test
    void theStateOfAConsumerIsRegisteredOnceHoweverOftenItIsLookedAfter() throws Exception {
        worker.getBean(CamelContext.class).getRouteController().stopRoute("watch-receivers");
        ReceiverWatch watch = worker.getBean(ReceiverWatch.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        METERS.addAppender(log);
        // Only the first one in a process is a warning; the others need the level DEBUG.
        METERS.setLevel(Level.DEBUG);
        int registeredAgain;
        try {
            watch.process(null);
            watch.process(null);
            registeredAgain = linesAboutAMeterThatIsThere(log);
            Metric.CONSUMER_RUNNING.gauge(worker.getBean(MeterRegistry.class), this, test -> 0, "source", "orders-subscription");
        } finally {
            METERS.setLevel(null);
            METERS.detachAppender(log);
        }

        assertThat(management.sample("inventory_consumer_running", SOURCE)).isEqualTo(1);
        assertThat(registeredAgain).isZero();
        assertThat(linesAboutAMeterThatIsThere(log)).as("lines about a meter that is registered again").isEqualTo(1);
    }

    private static int linesAboutAMeterThatIsThere(ListAppender<ILoggingEvent> log) {
        return (int) log.list.stream().filter(line -> line.getFormattedMessage().contains("has been already registered")).count();
    }

    @Test
    void aConsumerThatHasStoppedMakesTheWorkerUnreadyAndOneThatIsPausedDoesNot() throws Exception {
        CamelContext camel = worker.getBean(CamelContext.class);

        camel.getRouteController().suspendRoute("orders-subscription");
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(200);
        assertThat(management.get("health/readiness").body()).contains("\"orders-subscription\":\"paused\"");
        await().untilAsserted(() -> assertThat(management.sample("inventory_consumer_running", SOURCE)).isZero());

        camel.getRouteController().stopRoute("orders-subscription");
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(503);

        camel.getRouteController().startRoute("orders-subscription");
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(management.sample("inventory_consumer_running", SOURCE)).isEqualTo(1));
    }

    @Test
    void aReceiverThatHasSilentlyStoppedIsConnectedAnewAndThatIsCounted() {
        await().untilAsserted(() -> assertThat(management.sample("inventory_consumer_running", SOURCE)).isEqualTo(1));
        bus.pause(ShopDriver.SUBSCRIPTION);
        shop.send(order("order-1", "1 a"));

        await().until(() -> management.sample("inventory_consumer_restarts_total", SOURCE) >= 1);
        bus.resume(ShopDriver.SUBSCRIPTION);
        await().until(() -> shop.events("order-1").size() == 1);

        assertThat(management.sample("inventory_consumer_restarts_total", PAYMENTS))
            .as("idle, without a backlog").isZero();
    }

    @Test
    void aSilentReceiverIsNoticedHoweverMuchLiesBeforeWhatItDoesNotGet() {
        bus.pause(ShopDriver.COMMANDS);
        // More than one check reads.
        shop.sendCommands(Stream.generate(() -> ShopDriver.commandMessage("RestockInventory", "{\"productId\":\"later\",\"quantityToAdd\":1}")
            .setScheduledEnqueueTime(OffsetDateTime.now().plusDays(1))).limit(6_000).toArray(ServiceBusMessage[]::new));
        assertThat(bus.counts(ShopDriver.COMMANDS).scheduled()).isEqualTo(6_000);
        shop.command("RestockInventory", "{\"productId\":\"a\",\"quantityToAdd\":1}");

        await().until(() -> management.sample("inventory_consumer_restarts_total", "source=\"inventory-commands-queue\"") >= 1);
        bus.resume(ShopDriver.COMMANDS);
        await().untilAsserted(() -> assertThat(tables.stockOf("a")).startsWith("11 available"));
    }

    @Test
    void aSourceThatIsNotThereOrRefusesIsNamedWithItsReasonAndTheOthersGoOn() {
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(200);

        bus.refuseReceivers(ShopDriver.PAYMENTS, "amqp:not-found", "The messaging entity 'sb://shop/payments/Subscriptions/nowhere' could not be found.");
        bus.refuseReceivers(ShopDriver.COMMANDS, "amqp:unauthorized-access", "Unauthorized access. 'Listen' claim(s) are required.");

        await().untilAsserted(() -> assertThat(management.get("health/readiness").body()).contains(
            "\"payments-subscription\":\"refused: MESSAGING_ENTITY_NOT_FOUND: The messaging entity 'sb://shop/payments/Subscriptions/nowhere' could not be found.\"",
            "\"inventory-commands-queue\":\"refused: UNAUTHORIZED: Unauthorized access. 'Listen' claim(s) are required.\"",
            "\"orders-subscription\":\"Started\""));
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(503);
        assertThat(management.get("health/liveness").statusCode()).as("a restart would not help").isEqualTo(200);
        assertThat(management.get("health").body()).as("secrets").doesNotContain("SAS_KEY_VALUE", "SharedAccess");
        await().untilAsserted(() -> {
            assertThat(management.sample("inventory_consumer_running", PAYMENTS)).isZero();
            assertThat(management.sample("inventory_consumer_refused", PAYMENTS)).isEqualTo(1);
            assertThat(management.sample("inventory_consumer_running", SOURCE)).isEqualTo(1);
            assertThat(management.sample("inventory_consumer_refused", SOURCE)).isZero();
        });
        shop.send(order("order-1", "1 a"));
        await().until(() -> shop.events("order-1").size() == 1);

        bus.acceptReceivers(ShopDriver.PAYMENTS);
        bus.acceptReceivers(ShopDriver.COMMANDS);
        shop.command("RestockInventory", "{\"productId\":\"a\",\"quantityToAdd\":1}");
        await().untilAsserted(() -> assertThat(tables.stockOf("a")).startsWith("10 available"));
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).as("even without a payment").isEqualTo(200));
        assertThat(management.sample("inventory_consumer_refused")).isZero();
        assertThat(management.sample("inventory_consumer_running")).isEqualTo(3);
        assertThat(management.sample("inventory_consumer_restarts_total", PAYMENTS)).as("it is not silent").isZero();
    }

    @Test
    void aKeyThatIsNotValidAndATopicThatIsNotThereMakeTheWorkerUnreadyUntilTheyAre() {
        bus.refuseTokens("InvalidSignature: The token has an invalid signature.");
        bus.dropConnections();
        await().untilAsserted(() -> assertThat(management.get("health/readiness").body().split("refused: UNAUTHORIZED: [^\"]*InvalidSignature", -1))
            .as("refused sources").hasSize(4));
        bus.acceptTokens();
        shop.send(order("order-1", "1 a"));
        await().until(() -> shop.events("order-1").size() == 1);

        bus.refuseSends("inventory", "amqp:not-found", "The messaging entity 'sb://shop/inventory' could not be found.");
        shop.send(order("order-2", "1 a"));
        await().untilAsserted(() -> assertThat(management.get("health/readiness").body()).contains(
            "\"refused\":\"MESSAGING_ENTITY_NOT_FOUND: The messaging entity 'sb://shop/inventory' could not be found.\""));
        assertThat(management.get("health/readiness").statusCode()).isEqualTo(503);

        bus.acceptSends("inventory");
        await().until(() -> shop.events("order-2").size() == 1);
        await().untilAsserted(() -> assertThat(management.get("health/readiness").statusCode()).isEqualTo(200));
    }
}
