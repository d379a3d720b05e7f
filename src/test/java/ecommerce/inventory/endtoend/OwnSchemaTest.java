package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import servicebus.EmbeddedServiceBus;

/** Two workers in one database, each in a schema of its own, next to other programs' tables. */
@Tag("plain-camel")
class OwnSchemaTest {

    private static final int ORDERS = 20;

    private String database;
    private JdbcTemplate administrator;
    private Installation first;
    private Installation second;

    /** A worker with its bus. */
    private record Installation(EmbeddedServiceBus bus, ShopDriver shop, ConfigurableApplicationContext worker, Tables tables) {

        static Installation start(String database, String schema) {
            EmbeddedServiceBus bus = Backend.startBus(null);
            ConfigurableApplicationContext worker = Worker.start(database, bus, "inventory.database.schema=" + schema);
            return new Installation(bus, new ShopDriver(bus), worker, new Tables(worker.getBean(JdbcTemplate.class)));
        }

        void sendOrders() {
            shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 a")).toArray(ServiceBusMessage[]::new));
        }

        void stop() {
            worker.close();
            shop.destroy();
        }
    }

    @BeforeEach
    void start() {
        database = Backend.createDatabase();
        administrator = new JdbcTemplate(new DriverManagerDataSource(database, "postgres", ""));
        administrator.execute("CREATE TABLE public.inventory (of_others text)");
        administrator.execute("INSERT INTO public.inventory VALUES ('theirs')");
        first = Installation.start(database, "first_shop");
        second = Installation.start(database, "order");
    }

    @AfterEach
    void stop() {
        first.stop();
        second.stop();
    }

    @Test
    void eachDoesItsOwnWorkAndTouchesNothingElse() {
        first.tables.stock("a", ORDERS);
        second.tables.stock("a", ORDERS / 2);
        first.sendOrders();
        second.sendOrders();
        await().until(() -> first.shop.events().size() == ORDERS && second.shop.events().size() == ORDERS);
        first.shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        await().until(() -> first.shop.events("order-1").size() == 2);

        assertThat(first.tables.count("first_shop.inventory_orders WHERE status = 'Reserved'")).isEqualTo(ORDERS - 1);
        assertThat(second.tables.count("\"order\".inventory_orders WHERE status = 'Reserved'")).isEqualTo(ORDERS / 2);
        assertThat(second.tables.count("\"order\".inventory_orders WHERE status = 'Insufficient'")).isEqualTo(ORDERS / 2);
        new Invariants(first.worker.getBean(JdbcTemplate.class)).assertHold();
        new Invariants(second.worker.getBean(JdbcTemplate.class)).assertHold();
        assertThat(administrator.queryForList("SELECT of_others FROM public.inventory", String.class)).containsExactly("theirs");
        assertThat(administrator.queryForList("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", String.class)).containsExactly("inventory");
        assertThat(administrator.queryForList("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")).isEmpty();
    }

    @Test
    void aFoldOfOneKeepsTheOtherFromNothing() {
        first.tables.stock("a", ORDERS);
        second.tables.stock("a", ORDERS);
        JdbcTemplate jdbc = first.worker.getBean(JdbcTemplate.class);
        new NewTransaction(new JdbcTransactionManager(jdbc.getDataSource())).executeWithoutResult(open -> {
            first.tables.run("lock-summary");
            first.sendOrders();
            second.sendOrders();
            await().until(() -> first.shop.events().size() == ORDERS && second.shop.events().size() == ORDERS);

            await().until(() -> second.tables.count("inventory_summary WHERE total_reservations = " + ORDERS) == 1);
            assertThat(first.tables.count("outbox_unprojected")).as("its own events wait").isEqualTo(ORDERS);
        });
        await().until(() -> first.tables.count("inventory_summary WHERE total_reservations = " + ORDERS) == 1);
    }

    @Test
    void eachRoleReachesItsOwnSchemaAlone() {
        for (String cell : List.of("eu", "us")) {
            administrator.execute("CREATE ROLE migration_" + cell + " LOGIN");
            administrator.execute("CREATE ROLE worker_" + cell + " LOGIN");
            administrator.execute("CREATE SCHEMA cell_" + cell + " AUTHORIZATION migration_" + cell);
            administrator.execute("GRANT USAGE ON SCHEMA cell_" + cell + " TO worker_" + cell);
            TestDatabase.migrate(database, "spring.datasource.username=migration_" + cell, "inventory.database.schema=cell_" + cell,
                "spring.flyway.locations=classpath:db/migration,classpath:db/roles", "spring.flyway.placeholders.worker_role=worker_" + cell);
        }

        for (String cell : List.of("eu", "us")) {
            JdbcTemplate worker = new JdbcTemplate(new DriverManagerDataSource(database + "&currentSchema=cell_" + cell, "worker_" + cell, ""));
            String other = cell.equals("eu") ? "us" : "eu";
            assertThat(worker.update("INSERT INTO cell_" + cell + ".inventory (product_id, available_stock) VALUES ('a', 1)")).isEqualTo(1);
            assertThat(worker.queryForList("SELECT product_id FROM cell_" + cell + ".inventory", String.class)).containsExactly("a");
            assertThatThrownBy(() -> worker.execute("DELETE FROM cell_" + cell + ".inventory")).rootCause()
                .hasMessageContaining("permission denied for table");
            assertThatThrownBy(() -> worker.execute("SELECT FROM cell_" + other + ".inventory")).rootCause()
                .hasMessageContaining("permission denied for schema cell_" + other);
        }
    }
}
