package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.PostgresPair;
import ecommerce.inventory.support.PostgresServer;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** The primary becomes read-only and keeps its connections, is lost, or freezes. The standby takes its place. */
class FailoverTest {

    private static final int ORDERS = 60;
    private static final int STOCK = 1_000;
    private static final String CONNECTIONS = "pg_stat_activity WHERE application_name = 'inventory-worker'";
    /** More connections than wait at a port with a queue of one. */
    private static final int MORE_THAN_WAIT = 16;
    private static final String RESERVED = "inventory_orders WHERE status = 'Reserved'";

    private final EmbeddedServiceBus bus = Backend.startBus(null);
    private final ShopDriver shop = new ShopDriver(bus);

    @AfterEach
    void stop() {
        shop.destroy();
    }

    @Test
    @Tag("plain-camel")
    void theWorkGoesOnWithTheNewPrimaryAndNothingIsBurnt(@TempDir Path data) throws Exception {
        try (PostgresPair servers = new PostgresPair(data); ConfigurableApplicationContext worker = start(servers)) {
            servers.addStandby();
            Tables old = new Tables(servers.primary().jdbc());
            old.stock("a", STOCK);
            sendOrders("before-");
            shop.awaitQuiet(old);
            assertThat(old.count(CONNECTIONS)).isPositive();

            servers.demote();
            sendOrders("meanwhile-");
            DatabaseHealth health = worker.getBean(CamelContext.class).getRegistry().findSingleByType(DatabaseHealth.class);
            await().untilAsserted(() -> assertThat(health.unavailable()).isPresent());
            await().until(() -> old.count(CONNECTIONS) == 0);
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("held").isEqualTo(ORDERS);

            servers.promote();
            assertReservedOnce(2 * ORDERS, servers);

            await().untilAsserted(() -> assertThat(health.unavailable()).isEmpty());
            assertNothingBurnt(servers);
            assertThat(old.count("inventory_orders")).as("nothing was written there").isEqualTo(ORDERS);
        }
    }

    @Test
    void theLossOfThePrimaryLosesNothingThatASynchronousStandbyHas(@TempDir Path data) throws Exception {
        try (PostgresPair servers = new PostgresPair(data); ConfigurableApplicationContext worker = start(servers)) {
            servers.addSynchronousStandby();
            Tables lost = new Tables(servers.primary().jdbc());
            lost.stock("a", STOCK);
            sendOrders("before-");
            await().until(() -> lost.count(RESERVED) > 0);

            // Whoever does not wait for the standby acknowledges orders now that the standby never gets.
            servers.holdBackChanges();
            sendOrders("meanwhile-");
            awaitCommit(servers.primary());
            servers.primary().kill();
            servers.promote();
            sendOrders("after-");
            assertReservedOnce(3 * ORDERS, servers);

            servers.addSynchronousStandby();
            pool(worker).softEvictConnections();
            sendOrders("returned-");
            assertReservedOnce(4 * ORDERS, servers);
            Tables returned = new Tables(servers.standby().jdbc());
            await().untilAsserted(() -> assertThat(returned.count(RESERVED)).as("on the server that has come back").isEqualTo(4 * ORDERS));
            assertThat(returned.count(CONNECTIONS)).as("connections to it").isZero();
            assertNothingBurnt(servers);
        }
    }

    /** As when its machine hangs, or disappears from the network: no connection is closed. */
    @Test
    void aPrimaryThatNoLongerAnswersIsGivenUpForTheNewOne(@TempDir Path data) throws Exception {
        try (PostgresPair servers = new PostgresPair(data);
                ConfigurableApplicationContext worker = Worker.start(servers.url() + "&socketTimeout=5", bus,
                    // Longer than a new connection waits for the first host. Few connections, as the pool waits for each that it had.
                    "spring.datasource.hikari.connection-timeout=20000", "spring.datasource.hikari.maximum-pool-size=5")) {
            servers.addSynchronousStandby();
            PostgresServer lost = servers.primary();
            new Tables(lost.jdbc()).stock("a", STOCK);
            servers.holdBackChanges();
            sendOrders("meanwhile-");
            await().until(() -> lost.commitsWaiting() > 0);

            lost.freeze();
            try {
                servers.promote();
                assertReservedOnce(ORDERS, servers);
                assertNothingBurnt(servers);
            } finally {
                lost.kill();
            }
        }
    }

    /** Two servers that accept changes, which whoever promotes a standby has to prevent. */
    @Test
    void aLostPrimaryThatComesBackAsAPrimaryAcknowledgesNothing(@TempDir Path data) throws Exception {
        try (PostgresPair servers = new PostgresPair(data); ConfigurableApplicationContext worker = start(servers)) {
            servers.addSynchronousStandby();
            new Tables(servers.primary().jdbc()).stock("a", STOCK);
            sendOrders("before-");
            assertReservedOnce(ORDERS, servers);
            servers.primary().kill();
            servers.promote();

            PostgresServer lost = servers.standby();
            lost.start();
            await().until(() -> {
                pool(worker).softEvictConnections();
                return new Tables(lost.jdbc()).count(CONNECTIONS) > 0 && new Tables(servers.primary().jdbc()).count(CONNECTIONS) == 0;
            });
            sendOrders("meanwhile-");
            awaitCommit(lost);
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("held").isEqualTo(ORDERS);

            lost.kill();
            assertReservedOnce(2 * ORDERS, servers);
            assertNothingBurnt(servers);
        }
    }

    /** As after the loss of a machine: nobody refuses the connection. */
    @Test
    void aHostThatDoesNotAnswerIsPassedOver() throws IOException, SQLException {
        InetAddress here = InetAddress.getLoopbackAddress();
        int wait = Integer.parseInt(Defaults.of("spring.datasource.hikari.data-source-properties.connectTimeout"));
        assertThat(Duration.ofSeconds(wait)).as("limit for each of two hosts").isPositive()
            .isLessThan(Duration.ofMillis(Long.parseLong(Defaults.of("spring.datasource.hikari.connection-timeout"))).dividedBy(2));
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocket silent = new ServerSocket(0, 1, here)) {
            // Nobody accepts them. When the queue is full, the system drops the requests of further connections.
            for (int i = 0; i < MORE_THAN_WAIT; i++) {
                SocketChannel connection = SocketChannel.open();
                waiting.add(connection);
                connection.configureBlocking(false);
                connection.connect(silent.getLocalSocketAddress());
            }
            Properties settings = new Properties();
            settings.setProperty("user", "postgres");
            settings.setProperty("connectTimeout", String.valueOf(wait));
            settings.setProperty("targetServerType", Defaults.of("spring.datasource.hikari.data-source-properties.targetServerType"));
            // Otherwise the driver would skip a host that was too slow in another test.
            settings.setProperty("hostRecheckSeconds", "0");
            String hosts = "//" + here.getHostAddress() + ":" + silent.getLocalPort() + ",";

            try (Connection connection = DriverManager.getConnection(Backend.createDatabase().replace("//", hosts), settings)) {
                assertThat(connection.getMetaData().getURL()).contains(hosts);
                assertThat(connection.isValid(0)).isTrue();
            }
        } finally {
            for (SocketChannel connection : waiting) {
                connection.close();
            }
        }
    }

    private ConfigurableApplicationContext start(PostgresPair servers) {
        return Worker.start(servers.url() + "&hostRecheckSeconds=1", bus,
            "spring.datasource.hikari.connection-timeout=1000", "inventory.inbox.retry-delay-max=PT0.5S");
    }

    private static HikariPoolMXBean pool(ConfigurableApplicationContext worker) throws SQLException {
        return worker.getBean(DataSource.class).unwrap(HikariDataSource.class).getHikariPoolMXBean();
    }

    private void sendOrders(String prefix) {
        shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order(prefix + i, "1 a")).toArray(ServiceBusMessage[]::new));
    }

    /** Waits until a commit waits for the standby, or none does and all orders are acknowledged. */
    private void awaitCommit(PostgresServer primary) {
        await().until(() -> primary.commitsWaiting() > 0 || bus.counts(ShopDriver.SUBSCRIPTION).active() == 0);
    }

    /** Waits until all orders are reserved and their events are published: one for each order. */
    private void assertReservedOnce(int orders, PostgresPair servers) {
        Tables tables = new Tables(servers.primary().jdbc());
        await().untilAsserted(() -> assertThat(tables.count(RESERVED)).as("reserved").isEqualTo(orders));
        shop.awaitQuiet(tables);
        assertThat(shop.events()).extracting(FailoverTest::outcome).doesNotHaveDuplicates().hasSize(orders)
            .allMatch(outcome -> outcome.startsWith("InventoryReserved"));
        assertThat(tables.stockOf("a")).startsWith(STOCK - orders + " available, " + orders + " reserved");
        new Invariants(servers.primary().jdbc()).assertHold();
    }

    /** Type and order id of an event. */
    private static String outcome(BrowsedMessage event) throws IOException {
        return event.subject() + " of " + new ObjectMapper().readTree(event.body()).get("orderId").textValue();
    }

    private void assertNothingBurnt(PostgresPair servers) {
        var counts = bus.counts(ShopDriver.SUBSCRIPTION);
        assertThat(counts.abandoned() + counts.expiredLocks() + counts.deadLetteredTotal()).as("delivery attempts used up").isZero();
        assertThat(new Tables(servers.primary().jdbc()).count("inbox WHERE retry_count > 0")).as("attempts used up").isZero();
    }
}
