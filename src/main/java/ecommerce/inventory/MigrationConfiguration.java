package ecommerce.inventory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.camel.util.StringHelper;
import org.postgresql.Driver;
import org.springframework.boot.autoconfigure.flyway.FlywayConfigurationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.ResourcePatternResolver;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * Gives migrations their own connections, with the settings of the worker's pool except those that limit the time of a statement or a
 * transaction: {@code spring.flyway.init-sqls} limits migrations instead. This has no effect if {@code spring.flyway.url} is set.
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

    /** Placeholder {@code newest_migration}: the number of the newest migration of this version, for {@code afterMigrate.sql}. */
    @Bean
    FlywayConfigurationCustomizer newestMigration(ResourcePatternResolver resources) {
        return migration -> {
            Map<String, String> placeholders = new HashMap<>(migration.getPlaceholders());
            placeholders.put("newest_migration", String.valueOf(newest(resources)));
            migration.placeholders(placeholders);
        };
    }

    private static int newest(ResourcePatternResolver resources) {
        try {
            return Stream.of(resources.getResources("classpath*:db/migration/V*.sql"))
                .mapToInt(script -> Integer.parseInt(StringHelper.between(script.getFilename(), "V", "__"))).max().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
