package ecommerce.inventory;

import java.util.Properties;

import com.zaxxer.hikari.HikariDataSource;
import org.postgresql.Driver;
import org.springframework.boot.autoconfigure.flyway.FlywayConfigurationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * Gives migrations their own connections, with the settings of the worker's pool except those that limit the time of a statement or a
 * transaction: {@code spring.flyway.init-sqls} limits migrations instead. Has no effect if {@code spring.flyway.url} is set.
 */
@Configuration
class MigrationConfiguration {

    @Bean
    FlywayConfigurationCustomizer migrationConnection() {
        return migration -> {
            if (migration.getDataSource() instanceof HikariDataSource pool) {
                SimpleDriverDataSource connections = connections(pool);
                connections.getConnectionProperties().remove("socketTimeout");
                migration.dataSource(connections);
            }
        };
    }

    /** New connections with the settings of a pool, each closed after its use. */
    static SimpleDriverDataSource connections(HikariDataSource pool) {
        Properties settings = new Properties();
        pool.getDataSourceProperties().forEach((name, value) -> settings.setProperty(name.toString(), value.toString()));
        SimpleDriverDataSource connections = new SimpleDriverDataSource(new Driver(), pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
        connections.setConnectionProperties(settings);
        return connections;
    }
}
