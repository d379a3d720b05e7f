package ecommerce.inventory;

import java.time.Duration;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import ecommerce.inventory.failure.Failures;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.ValidateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.flyway.FlywayConfigurationCustomizer;
import org.springframework.boot.autoconfigure.flyway.FlywayMigrationStrategy;
import org.springframework.context.annotation.Bean;

/**
 * Waits until the database has all migrations of this version; newer ones do not matter. An unavailable database is waited for too. A role or
 * password that is refused for {@code inventory.database.refusal-limit} is an error, so that a restart reads them again.
 */
// Not a @Configuration, which the worker's own start would find.
class WaitForMigration {

    private static final Logger LOG = LoggerFactory.getLogger(WaitForMigration.class);

    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private final Duration refusalLimit;
    private long loggedAt;
    private Long refusedAt;

    WaitForMigration(@Value("${inventory.database.refusal-limit}") Duration refusalLimit) {
        this.refusalLimit = refusalLimit;
    }

    @Bean
    FlywayConfigurationCustomizer connections() {
        return configuration -> {
            if (configuration.getDataSource() instanceof HikariDataSource pool) {
                configuration.dataSource(MigrationConfiguration.connections(pool));
            }
        };
    }

    @Bean
    FlywayMigrationStrategy migrateNothing() {
        return flyway -> { };
    }

    /** Runs after the context has started: Spring does not react to SIGTERM before that. */
    @Bean
    ApplicationRunner waiting(Flyway flyway) {
        return arguments -> {
            while (!migrated(flyway)) {
                Thread.sleep(POLL_INTERVAL.toMillis());
            }
            LOG.info("The tables have all migrations of this version");
        };
    }

    private boolean migrated(Flyway flyway) {
        try {
            ValidateResult result = flyway.validateWithResult();
            refusedAt = null;
            if (!result.validationSuccessful) {
                // Without the settings that Flyway proposes in the lines behind the first.
                log(Stream.concat(result.invalidMigrations.stream().map(migration -> migration.errorDetails), Stream.ofNullable(result.errorDetails))
                    .findFirst().map(details -> details.errorMessage.lines().findFirst().orElse("")).orElse(""));
            }
            return result.validationSuccessful;
        } catch (FlywayException e) {
            boolean refused = Failures.credentialsRefused(e);
            if (!refused) {
                refusedAt = null;
            } else if (refusedAt == null) {
                refusedAt = System.nanoTime();
            } else if (System.nanoTime() - refusedAt >= refusalLimit.toNanos()) {
                throw e;
            }
            log((refused || Failures.databaseUnavailable(e) ? Failures.outage(e) + ": " : "") + Failures.rootCause(e));
            return false;
        }
    }

    private void log(String reason) {
        long now = System.nanoTime();
        if (loggedAt == 0 || now - loggedAt >= LOG_INTERVAL.toNanos()) {
            loggedAt = now;
            LOG.info("Waiting for the migration of the tables: {}", reason);
        }
    }
}
