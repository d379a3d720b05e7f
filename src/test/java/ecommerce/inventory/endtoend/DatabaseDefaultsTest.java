package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import servicebus.EmbeddedServiceBus;

/** A database with unusual defaults: the worker sets all that it relies on. */
@Tag("plain-camel")
@ExtendWith(OutputCaptureExtension.class)
class DatabaseDefaultsTest {

    private static final int ORDERS = 200;
    /** Defaults that an administrator may have set for another program. */
    private static final List<String> DEFAULTS = List.of(
        "default_transaction_isolation = 'serializable'",
        "synchronous_commit = off",
        "standard_conforming_strings = off",
        "array_nulls = off",
        "statement_timeout = '20s'",
        "lock_timeout = '20ms'",
        "idle_in_transaction_session_timeout = '20s'",
        "idle_session_timeout = '20s'",
        "\"TimeZone\" = 'Asia/Kathmandu'",
        "\"DateStyle\" = 'SQL, DMY'",
        "\"IntervalStyle\" = 'sql_standard'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15");

    private static String database;
    private static EmbeddedServiceBus bus;
    private static ShopDriver shop;
    private static ConfigurableApplicationContext worker;
    private static JdbcTemplate jdbc;
    private static Tables tables;

    @BeforeAll
    static void start() {
        database = Backend.createDatabase();
        JdbcTemplate administrator = newSession();
        String name = administrator.queryForObject("SELECT current_database()", String.class);
        DEFAULTS.forEach(setting -> administrator.execute("ALTER DATABASE " + name + " SET " + setting));
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        // As many transactions at a time as there are connections.
        worker = Worker.start(database, bus, "inventory.inbox.batch-size=1");
        jdbc = worker.getBean(JdbcTemplate.class);
        tables = new Tables(jdbc);
    }

    @AfterAll
    static void stop() {
        worker.close();
        shop.destroy();
    }

    @Test
    void ordersForOneProductAreReservedAtTheFirstTry(CapturedOutput output) {
        tables.stock("hot", ORDERS);

        shop.send(IntStream.range(0, ORDERS).mapToObj(i -> order("order-" + i, "1 hot")).toArray(ServiceBusMessage[]::new));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("hot")).isEqualTo("0 available, " + ORDERS + " reserved, version " + (ORDERS + 1));
        assertThat(tables.count("inventory_orders WHERE status = 'Reserved'")).isEqualTo(ORDERS);
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(ORDERS);
        assertThat(tables.count("inbox WHERE retry_count > 0")).as("parked").isZero();
        assertThat(tables.count("outbox WHERE correlation_id IS NOT NULL")).as("events with a correlation id that no message had").isZero();
        assertThat(shop.events()).hasSize(ORDERS);
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(output.getAll()).doesNotContain("rolled back", "could not serialize");
        new Invariants(jdbc).assertHold();
    }

    @Test
    void aConnectionOfTheWorkerHasWhatItReliesOn() throws SQLException {
        String settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name COLLATE \"C\") FROM pg_settings WHERE name IN "
            + "('default_transaction_isolation', 'synchronous_commit', 'standard_conforming_strings', 'array_nulls', 'statement_timeout', "
            + "'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')";
        assertThat(newSession().queryForObject(settings, String.class)).as("settings of any other connection").isEqualTo("array_nulls=off "
            + "default_transaction_isolation=serializable idle_in_transaction_session_timeout=20000 idle_session_timeout=20000 lock_timeout=20 "
            + "standard_conforming_strings=off statement_timeout=20000 synchronous_commit=off");

        try (Connection connection = worker.getBean(DataSource.class).getConnection()) {
            assertThat(new JdbcTemplate(new SingleConnectionDataSource(connection, true)).queryForObject(settings, String.class)).isEqualTo(
                "array_nulls=on default_transaction_isolation=read committed idle_in_transaction_session_timeout=120000 idle_session_timeout=0 "
                    + "lock_timeout=5000 standard_conforming_strings=on statement_timeout=60000 synchronous_commit=on");
        }
    }

    @Test
    void theTablesAreMadeAsTheMigrationsSay() {
        assertThat(tables.rows("SELECT pg_get_constraintdef(oid) AS check FROM pg_constraint WHERE conrelid = 'operator_actions'::regclass AND contype = 'c'"))
            .extracting(Map::values).asString().contains("acted_by ~ '\\S'", "reason ~ '\\S'");
    }

    private static JdbcTemplate newSession() {
        return new JdbcTemplate(new DriverManagerDataSource(database, "postgres", null));
    }
}
