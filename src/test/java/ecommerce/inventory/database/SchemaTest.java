package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;

import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the schema refuses, whichever program writes. */
@DatabaseTest
class SchemaTest {

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;

    @BeforeEach
    void oneReservation() {
        tables.stock("a", 10);
        jdbc.execute("INSERT INTO inventory_reservations VALUES ('r1', 'o1', 'a', 1, 'Reserved', now(), now())");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "UPDATE inventory SET available_stock = -1",
        "UPDATE inventory SET reserved_stock = -1",
        "INSERT INTO inventory_orders (order_id, status) VALUES ('o1', 'Whatever')",
        "INSERT INTO inventory_reservations VALUES ('r2', 'o1', 'a', 1, 'Reserved', now(), now())",
        "INSERT INTO inventory_reservations VALUES ('r2', 'o2', 'a', 0, 'Reserved', now(), now())",
        "INSERT INTO inventory_reservations VALUES ('r2', 'o2', 'a', 1, 'Whatever', now(), now())",
        "INSERT INTO inventory_reservations VALUES ('r2', 'o2', 'unknown', 1, 'Reserved', now(), now())"})
    void isRefused(String statement) {
        assertThatThrownBy(() -> jdbc.execute(statement)).isInstanceOf(DataIntegrityViolationException.class);
    }

    @Test
    void totalStockIsWhatIsAvailableAndWhatIsReserved() {
        jdbc.execute("UPDATE inventory SET available_stock = 7, reserved_stock = 3");
        assertThat(tables.row("SELECT total_stock FROM inventory")).containsEntry("total_stock", 10);
    }

    @Test
    void everyTimeHasAZone() {
        assertThat(tables.rows("SELECT table_name, column_name FROM information_schema.columns "
            + "WHERE table_schema = 'public' AND table_name <> 'flyway_schema_history' AND data_type = 'timestamp without time zone'")).isEmpty();
    }

    /** An older version would undo a repeatable migration, which runs again whenever it differs from the last run. */
    @Test
    void everyMigrationHasAVersion() throws IOException {
        Resource[] scripts = new PathMatchingResourcePatternResolver().getResources("classpath:db/migration/*");

        assertThat(scripts).isNotEmpty().allSatisfy(script -> assertThat(script.getFilename()).matches("V\\d+__\\w+\\.sql"));
    }

    @Test
    void noDemoProductIsMigrated() {
        assertThat(tables.count("inventory WHERE product_id LIKE 'prod-%'")).isZero();
    }
}
