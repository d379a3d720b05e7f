package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.PgBouncer;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.FileSystemResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import servicebus.EmbeddedServiceBus;

/**
 * Migration and worker behind PgBouncer in transaction mode, with fewer connections to PostgreSQL than the pool has, with the roles and
 * the schema that docs/database.md describes.
 */
@Tag("plain-camel")
@ExtendWith(OutputCaptureExtension.class)
class PgBouncerTest {

    private static final int CONNECTIONS = 4;
    private static final int ORDERS = 300;

    private static TestDatabase postgres;
    private static PgBouncer pooler;
    private static EmbeddedServiceBus bus;
    private static ShopDriver shop;
    private static ConfigurableApplicationContext worker;
    private static JdbcTemplate administrator;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        assumeThat(PgBouncer.program()).as("pgbouncer is installed (apt-get install pgbouncer)").isPresent();
        postgres = TestDatabase.start();
        administrator = postgres.jdbc();
        new ResourceDatabasePopulator(new FileSystemResource("k8s/database/roles.sql")).execute(administrator.getDataSource());
        administrator.execute("CREATE SCHEMA shop AUTHORIZATION inventory_migration");
        administrator.execute("GRANT USAGE ON SCHEMA shop TO inventory_worker");
        administrator.execute("ALTER ROLE inventory_migration IN DATABASE postgres SET search_path = shop");
        administrator.execute("ALTER ROLE inventory_worker IN DATABASE postgres SET search_path = shop");
        pooler = new PgBouncer(directory, postgres.port(), CONNECTIONS, "inventory_migration", "inventory_worker");

        TestDatabase.migrate(url(), "spring.datasource.username=inventory_migration", "inventory.database.schema=shop",
            "spring.flyway.locations=classpath:db/migration,classpath:db/roles");
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        worker = Worker.start(url(), bus, "spring.datasource.username=inventory_worker", "inventory.database.migrate-at-start=false",
            "inventory.database.schema=shop", "inventory.inbox.batch-size=10");
    }

    private static String url() {
        return "jdbc:postgresql://localhost:" + pooler.port() + "/postgres?sslmode=disable&prepareThreshold=0";
    }

    @AfterAll
    static void stop() throws IOException {
        if (worker != null) {
            worker.close();
            shop.destroy();
        }
        if (pooler != null) {
            pooler.close();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    @Test
    void ordersAreHandledOnceAndAllTablesAgree() {
        JdbcTemplate jdbc = worker.getBean(JdbcTemplate.class);
        Tables tables = new Tables(jdbc);
        List.of("a", "b", "c").forEach(product -> tables.stock(product, 1_000));
        ServiceBusMessage[] orders = IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 a", "2 b", "1 c")).toArray(ServiceBusMessage[]::new);
        shop.send(orders);
        shop.send(orders);
        await().until(() -> tables.count("inventory_orders WHERE status = 'Reserved'") == ORDERS);
        shop.sendPayments(IntStream.range(0, ORDERS / 2).mapToObj(i -> about("order-" + i, "PaymentProcessed", "Captured")).toArray(ServiceBusMessage[]::new));
        shop.send(IntStream.range(ORDERS / 2, ORDERS).mapToObj(i -> about("order-" + i, "OrderCancelled")).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);
        await().until(() -> tables.count("outbox_unprojected") == 0);

        assertThat(tables.count("inventory_orders WHERE status = 'Committed'")).isEqualTo(ORDERS / 2);
        assertThat(tables.count("inventory_orders WHERE status = 'Cancelled'")).isEqualTo(ORDERS / 2);
        assertThat(shop.events()).extracting(event -> event.messageId()).doesNotHaveDuplicates().hasSize(2 * 3 * ORDERS);
        assertThat(tables.stockOf("b")).startsWith(1_000 - ORDERS + " available, 0 reserved");
        new Invariants(jdbc).assertHold();
        assertThat(tables.count("inbox WHERE retry_count > 0")).as("attempts").isZero();
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(administrator.queryForObject("SELECT count(*) FROM pg_stat_activity WHERE usename = 'inventory_worker'", Integer.class))
            .as("fewer than the pool has").isBetween(1, CONNECTIONS);
        assertThat(administrator.queryForList("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    @Test
    void aParameterThatThePoolerRefusesIsNamed(CapturedOutput output) {
        assertThatThrownBy(() -> TestDatabase.migrate(url() + "&options=-c%20lock_timeout=1s", "spring.datasource.username=inventory_migration"));

        assertThat(output).contains("APPLICATION FAILED TO START", "unsupported startup parameter: options",
            "a pooler such as PgBouncer has to ignore the parameter that is named").doesNotContain("\tat ");
    }
}
