package ecommerce.inventory;

import java.util.Properties;

import com.zaxxer.hikari.HikariDataSource;
import org.postgresql.Driver;
import org.springframework.boot.autoconfigure.flyway.FlywayConfigurationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * Gives a migration connections of its own: to the database of the worker's pool and with its settings, but for those that
 * limit how long a statement or a transaction may take. What limits it instead is in {@code spring.flyway.init-sqls}. With
 * {@code spring.flyway.url} it has what is set there.
 */
@Configuration
class MigrationConfiguration {

    @Bean
    FlywayConfigurationCustomizer migrationConnection() {
        return migration -> {
            if (migration.getDataSource() instanceof HikariDataSource pool) {
                Properties settings = new Properties();
                pool.getDataSourceProperties().forEach((name, value) -> settings.setProperty(name.toString(), value.toString()));
                settings.remove("socketTimeout");
                SimpleDriverDataSource connections = new SimpleDriverDataSource(new Driver(), pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
                connections.setConnectionProperties(settings);
                migration.dataSource(connections);
            }
        };
    }
}
