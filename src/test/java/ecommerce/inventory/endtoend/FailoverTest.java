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

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.PostgresPair;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** The primary becomes read-only, and keeps its connections; the standby takes its place. */
@Tag("plain-camel")
class FailoverTest {

    private static final int ORDERS = 60;
    /** More connections than wait at a port with a queue of one. */
    private static final int MORE_THAN_WAIT = 16;
    private static final String CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'inventory-worker'";

    @Test
    void theWorkGoesOnWithTheNewPrimaryAndNothingIsBurnt(@TempDir Path data) throws Exception {
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);
        try (PostgresPair servers = new PostgresPair(data);
                ConfigurableApplicationContext worker = Worker.start(servers.url() + "&hostRecheckSeconds=1", bus,
                    "spring.datasource.hikari.connection-timeout=1000", "inventory.inbox.retry-delay-max=PT0.5S")) {
            JdbcTemplate old = servers.primary();
            new Tables(old).stock("a", 1_000);
            sendOrders(shop, "before-");
            shop.awaitQuiet(new Tables(old));
            assertThat(old.queryForObject(CONNECTIONS, Long.class)).isPositive();

            servers.demote();
            sendOrders(shop, "meanwhile-");
            DatabaseHealth health = worker.getBean(CamelContext.class).getRegistry().findSingleByType(DatabaseHealth.class);
            await().untilAsserted(() -> assertThat(health.unavailable()).isPresent());
            await().until(() -> old.queryForObject(CONNECTIONS, Long.class) == 0);
            assertThat(bus.counts(ShopDriver.SUBSCRIPTION).active()).as("held").isEqualTo(ORDERS);

            servers.promote();
            Tables tables = new Tables(servers.standby());
            await().until(() -> tables.count("inventory_orders WHERE status = 'Reserved'") == 2 * ORDERS);
            shop.awaitQuiet(tables);

            await().untilAsserted(() -> assertThat(health.unavailable()).isEmpty());
            assertThat(shop.events()).extracting(event -> event.messageId()).doesNotHaveDuplicates().hasSize(2 * ORDERS);
            assertThat(tables.stockOf("a")).startsWith(1_000 - 2 * ORDERS + " available, " + 2 * ORDERS + " reserved");
            new Invariants(servers.standby()).assertHold();
            var counts = bus.counts(ShopDriver.SUBSCRIPTION);
            assertThat(counts.abandoned() + counts.expiredLocks() + counts.deadLetteredTotal()).as("delivery attempts used up").isZero();
            assertThat(tables.count("inbox WHERE retry_count > 0")).as("attempts used up").isZero();
            assertThat(new Tables(old).count("inventory_orders")).as("nothing was written there").isEqualTo(ORDERS);
        } finally {
            shop.destroy();
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

    private static void sendOrders(ShopDriver shop, String prefix) {
        shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order(prefix + i, "1 a")).toArray(ServiceBusMessage[]::new));
    }
}
