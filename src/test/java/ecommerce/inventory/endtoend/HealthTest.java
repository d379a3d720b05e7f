package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.Shop.await;
import static ecommerce.inventory.support.Shop.order;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import ecommerce.inventory.messaging.ReceiverWatch;
import ecommerce.inventory.servicebus.EmbeddedServiceBus;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Management;
import ecommerce.inventory.support.Shop;
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

/** What the orchestrator is told, and what the worker mends by itself. */
class HealthTest {

    private static final Logger METERS = (Logger) LoggerFactory.getLogger(MeterRegistry.class);
    private static final String SOURCE = "source=\"orders-subscription\"";

    private EmbeddedServiceBus bus;
    private Shop shop;
    private Tables tables;
    private ConfigurableApplicationContext worker;
    private Management management;

    @BeforeEach
    void start() {
        bus = Backend.startBus(null);
        shop = new Shop(bus);
        worker = Worker.start(Backend.createDatabase(), bus,
            "inventory.receivers.watch-schedule=* * * * * ?",
            "inventory.receivers.idle-limit=PT2S");
        tables = new Tables(worker.getBean(JdbcTemplate.class));
        tables.stock("a", 10);
        management = new Management(worker.getEnvironment());
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
        // The first of a process is a warning, the others are not.
        METERS.setLevel(Level.DEBUG);
        try {
            watch.process(null);
            watch.process(null);
        } finally {
            METERS.setLevel(null);
            METERS.detachAppender(log);
        }

        assertThat(management.sample("inventory_consumer_running", SOURCE)).isEqualTo(1);
        assertThat(log.list).noneMatch(line -> line.getFormattedMessage().contains("has been already registered"));
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
        bus.pause(Shop.SUBSCRIPTION);
        shop.send(order("order-1", "1 a"));

        await().until(() -> management.sample("inventory_consumer_restarts_total", SOURCE) >= 1);
        bus.resume(Shop.SUBSCRIPTION);
        await().until(() -> shop.events("order-1").size() == 1);

        assertThat(management.sample("inventory_consumer_restarts_total", "source=\"payments-subscription\""))
            .as("idle, and nothing waits").isZero();
    }
}
