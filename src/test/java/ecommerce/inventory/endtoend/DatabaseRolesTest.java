package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.Invariants;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.Worker;
import org.apache.camel.ProducerTemplate;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import servicebus.EmbeddedServiceBus;

/** Migration and worker with separate roles, which {@code k8s/database} creates and {@code db/roles} restricts. */
class DatabaseRolesTest {

    private static String database;
    private static EmbeddedServiceBus bus;
    private static ShopDriver shop;
    private static ConfigurableApplicationContext worker;
    private static JdbcTemplate jdbc;
    private static Tables tables;

    @BeforeAll
    static void start(@TempDir Path secrets) throws IOException {
        database = Backend.createDatabase();
        bus = Backend.startBus(null);
        shop = new ShopDriver(bus);
        new ResourceDatabasePopulator(new FileSystemResource("k8s/database/roles.sql"))
            .execute(DataSourceBuilder.create().url(database).username("postgres").build());
        assertThatThrownBy(DatabaseRolesTest::startWorker).as("before the migration").hasRootCauseInstanceOf(FlywayValidateException.class);

        Files.writeString(secrets.resolve("spring.datasource.url"), database);
        MigrateDatabase.main(new String[] {"--spring.config.import=configtree:" + secrets + "/", "--spring.datasource.username=inventory_migration",
            "--spring.flyway.locations=classpath:db/migration,classpath:db/roles"});

        worker = startWorker();
        jdbc = worker.getBean(JdbcTemplate.class);
        tables = new Tables(jdbc);
    }

    private static ConfigurableApplicationContext startWorker() {
        return Worker.start(database, bus, "spring.datasource.username=inventory_worker", "inventory.database.migrate-at-start=false",
            "inventory.retention.inbox=PT0.001S", "inventory.retention.outbox=PT0.001S", "inventory.retention.schedule=* * * * * ?");
    }

    @AfterAll
    static void stop() {
        worker.close();
        shop.destroy();
    }

    @Test
    void theWorkerDoesAllThatItIsThereFor() {
        assertThat(jdbc.queryForObject("SELECT current_user", String.class)).isEqualTo("inventory_worker");
        tables.stock("a", 10);
        shop.send(order("order-1", "2 a"), order("order-2", "3 a"), order("order-3", "99 a"));
        await().until(() -> shop.events("order-1").size() == 1 && shop.events("order-2").size() == 1 && shop.events("order-3").size() == 1);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        shop.send(about("order-2", "OrderCancelled"));
        shop.command("RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 5}");
        await().until(() -> shop.events().size() == 6);

        await().untilAsserted(() -> assertThat(tables.count("outbox") + tables.count("inbox")).as("not purged").isZero());
        Map<String, Object> summary = summary();
        assertThat(worker.getBean(ProducerTemplate.class).requestBody("direct:rebuild-summary", null, Long.class)).isEqualTo(1);
        assertThat(summary()).isEqualTo(summary).containsEntry("total_committed_count", 1L);
        assertThat(tables.stockOf("a")).isEqualTo("13 available, 0 reserved, version 6");
        new Invariants(jdbc).assertHold();
    }

    /** The read model without the time of the rebuild. */
    private static Map<String, Object> summary() {
        Map<String, Object> row = tables.row("SELECT * FROM inventory_summary");
        row.remove("folded_at");
        return row;
    }

    @ParameterizedTest
    @MethodSource("statements")
    void itMayDoEachOfItsStatements(Resource statement) throws IOException {
        // EXPLAIN checks the rights too, whatever the parameters.
        jdbc.execute("EXPLAIN " + statement.getContentAsString(StandardCharsets.UTF_8).replaceAll("(?<![:\\w]):#?[a-zA-Z]\\w*", "NULL"));
    }

    static Stream<Resource> statements() throws IOException {
        return Stream.of(new PathMatchingResourcePatternResolver().getResources("classpath*:routes/*/*.sql"));
    }

    @Test
    void theServerEndsAStatementThatTheWorkerHasGivenUp() {
        assertThat(jdbc.queryForObject("SHOW statement_timeout", String.class)).isEqualTo("1min");
        assertThat(administrator().queryForObject("SELECT CAST(setconfig AS text) FROM pg_db_role_setting JOIN pg_roles ON oid = setrole "
            + "WHERE rolname = 'inventory_migration'", String.class)).as("no time limit for a migration").contains("statement_timeout=0,");
    }

    /** So that they also hold behind a pooler, which loses the settings of a connection after each transaction. */
    @ParameterizedTest
    @MethodSource
    void eachConnectionHasFromItsRoleWhatIsSetOnIt(String role, String sql, int settings) {
        List<String> names = Pattern.compile("SET (\\w+)|(?<=set_config\\(')\\w+").matcher(sql).results()
            .map(setting -> setting.group(1) == null ? setting.group() : setting.group(1)).toList();
        String current = "SELECT name, setting FROM pg_settings WHERE name IN ('" + String.join("', '", names) + "') ORDER BY name";
        SingleConnectionDataSource connection = new SingleConnectionDataSource(database, role, "", true);
        try {
            JdbcTemplate session = new JdbcTemplate(connection);
            assertThat(session.queryForList(current.replace("setting FROM", "source FROM"))).hasSize(settings)
                .allSatisfy(setting -> assertThat(setting).containsEntry("source", "user"));
            List<Map<String, Object>> ofTheRole = session.queryForList(current);
            session.execute(sql);
            assertThat(session.queryForList(current)).isEqualTo(ofTheRole);
        } finally {
            connection.destroy();
        }
    }

    static Stream<Arguments> eachConnectionHasFromItsRoleWhatIsSetOnIt() {
        return Stream.of(
            Arguments.of("inventory_worker", Defaults.of("spring.datasource.hikari.connection-init-sql"), 9),
            Arguments.of("inventory_migration",
                IntStream.range(0, 4).mapToObj(i -> Defaults.of("spring.flyway.init-sqls[" + i + "]")).collect(Collectors.joining(";")), 4));
    }

    @Test
    void itHasAsManyConnectionsAsAllItsInstancesNeed() throws IOException {
        int instances = Pattern.compile("maxReplicaCount: (\\d+)").matcher(Files.readString(Path.of("k8s/autoscaling/scaled-object.yaml")))
            .results().mapToInt(match -> Integer.parseInt(match.group(1))).sum();
        int pool = Integer.parseInt(Defaults.of("spring.datasource.hikari.maximum-pool-size"));
        // Kubernetes' own maxSurge: a quarter, rounded up.
        int surge = (instances + 3) / 4;

        assertThat(administrator().queryForObject("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'inventory_worker'", Integer.class))
            .isEqualTo((instances + surge) * pool);
    }

    /** PostgreSQL only warns, and the migration would fail later. */
    @Test
    void onlyTheOwnerOfTheDatabaseGrantsRightsOnIt() throws IOException {
        String another = Backend.createDatabase();
        administrator().execute("CREATE ROLE another_administrator LOGIN CREATEROLE");
        String roles = Files.readString(Path.of("k8s/database/roles.sql")).replace("inventory_", "another_");

        assertThatThrownBy(() -> new ResourceDatabasePopulator(new ByteArrayResource(roles.getBytes(StandardCharsets.UTF_8)))
            .execute(DataSourceBuilder.create().url(another).username("another_administrator").build()))
            .rootCause().hasMessageContaining("no right was granted: another_administrator does not own database");
    }

    @Test
    void nobodyElseMayConnect() {
        administrator().execute("CREATE ROLE passer_by LOGIN");

        assertThatThrownBy(() -> new JdbcTemplate(DataSourceBuilder.create().url(database).username("passer_by").build()).execute("SELECT 1"))
            .rootCause().isInstanceOfSatisfying(PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"))
            .hasMessageContaining("permission denied for database");
    }

    private static JdbcTemplate administrator() {
        return new JdbcTemplate(DataSourceBuilder.create().url(database).username("postgres").build());
    }

    @Test
    void itMayParkAMessage() {
        Map<String, Object> message = Tables.message(UUID.randomUUID(), "OrderCreated", "order/1", "{}");
        message.putAll(Map.of("ownMessageId", UUID.randomUUID(), "parkedDelay", 3600.0, "maxAttempts", 2, "error", "e"));
        tables.run("park-message", message);

        assertThat(jdbc.update("DELETE FROM inbox WHERE processed_at IS NULL")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "DELETE FROM inventory",
        "DELETE FROM inventory_orders",
        "DELETE FROM inventory_reservations",
        "DELETE FROM inventory_summary_archive",
        "DELETE FROM message_replays",
        "UPDATE message_replays SET replayed_by = 'someone else'",
        "DELETE FROM operator_actions",
        "UPDATE operator_actions SET acted_by = 'someone else'",
        "DELETE FROM stock_changes",
        "UPDATE stock_changes SET quantity = 0",
        "UPDATE inventory SET available_stock = 0, initial_stock = initial_stock - 5",
        "UPDATE inventory SET product_id = 'x'",
        "CREATE TEMPORARY TABLE x (y text)",
        "TRUNCATE inbox",
        "ALTER TABLE inbox ADD COLUMN x text",
        "DROP TABLE inbox",
        "CREATE TABLE x (y text)",
        "CREATE INDEX x ON inbox (message_type)",
        "DROP FUNCTION reserve_inventory",
        "INSERT INTO flyway_schema_history SELECT * FROM flyway_schema_history",
        "UPDATE flyway_schema_history SET checksum = 1",
        "DELETE FROM flyway_schema_history"})
    void itMayNot(String statement) {
        assertThatThrownBy(() -> jdbc.execute(statement)).rootCause()
            .isInstanceOfSatisfying(PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    }
}
