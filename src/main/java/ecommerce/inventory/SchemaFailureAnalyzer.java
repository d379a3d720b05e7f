package ecommerce.inventory;

import org.flywaydb.core.api.CoreErrorCode;
import org.flywaydb.core.api.FlywayException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Reports a schema that holds foreign tables in one sentence, instead of Flyway's proposal to baseline it. */
@Order(Ordered.HIGHEST_PRECEDENCE)
class SchemaFailureAnalyzer extends AbstractFailureAnalyzer<FlywayException> {

    private final Environment environment;

    SchemaFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, FlywayException cause) {
        return cause.getErrorCode() != CoreErrorCode.NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE ? null
            : new FailureAnalysis("Schema " + environment.getProperty("inventory.database.schema") + " of the database has tables that are "
                + "not the worker's: put the name of a schema of its own into inventory.database.schema, such as inventory; "
                + "the migration makes it", null, cause);
    }
}
