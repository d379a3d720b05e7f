package ecommerce.inventory;

import java.util.List;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;

/**
 * Migrates the tables, with the settings {@code spring.datasource.*} and {@code spring.flyway.*}, and exits: for migrations with a
 * database role of their own, while the worker has {@code inventory.database.migrate-at-start=false}. With {@code --wait} it waits instead,
 * under the worker's role, until they are migrated: see {@link WaitForMigration}.
 */
public final class MigrateDatabase {

    private MigrateDatabase() {
    }

    public static void main(String[] args) {
        boolean wait = List.of(args).contains("--wait");
        SpringApplication migration = new SpringApplication(DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class,
            wait ? WaitForMigration.class : MigrationConfiguration.class);
        migration.setWebApplicationType(WebApplicationType.NONE);
        if (wait) {
            // Flyway logs each look at a database without tables, or of a version that it does not know yet.
            migration.setDefaultProperties(Map.of("logging.level.org.flywaydb", "error"));
        }
        migration.run(args).close();
    }
}
