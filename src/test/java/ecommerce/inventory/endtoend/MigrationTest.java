package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.TestDatabase;
import ecommerce.inventory.support.Worker;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.EmbeddedServiceBus;

/** Migrations next to a newer version and next to other instances, and migrations that take long or fail. */
@ExtendWith(OutputCaptureExtension.class)
class MigrationTest {

    private static final String POOL = "spring.datasource.hikari.data-source-properties.";

    private final String database = Backend.createDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(dataSource());
    private final Tables tables = new Tables(jdbc);

    private PGSimpleDataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(database);
        source.setUser("postgres");
        return source;
    }

    @Test
    void aVersionStartsWhereANewerOneHasBeenAndPutsNothingBack() {
        migrate("newer");
        tables.stock("a", 10);
        EmbeddedServiceBus bus = Backend.startBus(null);
        ShopDriver shop = new ShopDriver(bus);

        startAndReserve(bus, shop, "order-1", "inventory.database.migrate-at-start=false");
        startAndReserve(bus, shop, "order-2", "inventory.database.migrate-at-start=true", "spring.flyway.locations=classpath:db/migration,classpath:migrations/newer,classpath:migrations/slow",
            POOL + "options=-c lock_timeout=5s -c idle_in_transaction_session_timeout=1s");
        shop.destroy();

        assertThat(jdbc.queryForObject("SELECT obj_description('reserve_inventory'::regproc)", String.class))
            .isEqualTo("of a newer version");
        assertThat(tables.count("flyway_schema_history WHERE script = 'V1001__slow.sql' AND success")).as("the pool's limits do not apply to a migration at the start")
            .isEqualTo(1);
        assertThat(tables.stockOf("a")).startsWith("8 available, 2 reserved");
    }

    private void startAndReserve(EmbeddedServiceBus bus, ShopDriver shop, String orderId, String... settings) {
        try (ConfigurableApplicationContext worker = Worker.start(database, bus, settings)) {
            shop.send(order(orderId, "1 a"));
            await().until(() -> "Reserved".equals(tables.statusOf(orderId)));
            shop.awaitQuiet(tables);
        }
    }

    @Test
    void noneOfTheLimitsOfTheWorkerHoldsForAMigration() {
        migrate("slow", POOL + "socketTimeout=1", POOL + "options=-c statement_timeout=1s -c idle_in_transaction_session_timeout=1s");

        assertThat(tables.count("flyway_schema_history WHERE script = 'V1001__slow.sql' AND success")).isEqualTo(1);
    }

    @Test
    void aMigrationThatFailsSaysWhichScriptAndWhyAndLeavesNothingOfIt(CapturedOutput output) {
        assertThatThrownBy(() -> migrate("failing"));

        assertFailed(output, "V1002__failing.sql", "relation \"nowhere\" does not exist", "Start again when the cause is removed");
        assertThat(output).doesNotContain("\tat ");
        assertThat(tables.count("pg_class WHERE relname = 'half_done'")).isZero();
        assertThat(tables.count("pg_class WHERE relname = 'inbox'")).as("the migrations before it have run").isEqualTo(1);
    }

    @Test
    void soDoesOneWhoseConnectionIsLost(CapturedOutput output) {
        assertThatThrownBy(() -> migrateAt(database + "&socketTimeout=1", "slow"));

        assertFailed(output, "V1001__slow.sql");
    }

    @Test
    void andOneThatWaitsForATableThatSomebodyKeepsLocked(CapturedOutput output) throws Exception {
        migrate("slow");
        try (Connection somebody = dataSource().getConnection()) {
            somebody.setAutoCommit(false);
            somebody.createStatement().execute("LOCK TABLE inventory_orders IN ACCESS SHARE MODE");

            assertThatThrownBy(() -> migrate("newer,classpath:migrations/slow", "spring.flyway.out-of-order=true", "spring.flyway.init-sqls=SET lock_timeout = '100ms'"));
        }

        assertFailed(output, "V1000__newer.sql", "Another session has locked a table: start again when it releases the lock");
    }

    private static void assertFailed(CapturedOutput output, String... lines) {
        assertThat(output).contains("APPLICATION FAILED TO START", "could not be migrated").contains(lines).doesNotContain("whether PostgreSQL runs");
    }

    @Test
    void fourInstancesMigrateAnEmptyDatabaseAtOnce() throws Exception {
        CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(() ->
            Flyway.configure().dataSource(database, "postgres", "").lockRetryCount(-1).load().migrate())).limit(4).toArray(CompletableFuture[]::new)).join();

        assertThat(tables.count("flyway_schema_history WHERE success"))
            .isEqualTo(new PathMatchingResourcePatternResolver().getResources("classpath:db/migration/*.sql").length);
        assertThat(tables.count("(SELECT version FROM flyway_schema_history GROUP BY 1 HAVING count(*) > 1) AS twice")).isZero();
    }

    /** Migrates as the Job does, with scripts of {@code migrations/} in addition to those of this version. */
    private void migrate(String scripts, String... settings) {
        migrateAt(database, scripts, settings);
    }

    private static void migrateAt(String database, String scripts, String... settings) {
        TestDatabase.migrate(database, Stream.concat(Stream.of("spring.flyway.locations=classpath:db/migration,classpath:migrations/" + scripts),
            Stream.of(settings)).toArray(String[]::new));
    }
}
