package ecommerce.inventory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;

/**
 * Migrates the tables, with the settings {@code spring.datasource.*} and {@code spring.flyway.*}, and exits: for migrations with a
 * database role of their own, while the worker has {@code inventory.database.migrate-at-start=false}.
 */
public final class MigrateDatabase {

    private MigrateDatabase() {
    }

    public static void main(String[] args) {
        SpringApplication migration = new SpringApplication(DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class, MigrationConfiguration.class);
        migration.setWebApplicationType(WebApplicationType.NONE);
        migration.run(args).close();
    }
}
