package ecommerce.inventory.database;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import ecommerce.inventory.support.Backend;
import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.JdbcTemplateAutoConfiguration;
import org.springframework.boot.autoconfigure.transaction.TransactionAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * A test of the migrated schema and its SQL on a PostgreSQL database of its own, without routes. The tables are emptied when an instance of
 * the test is created: before each method, unless the test's life cycle is {@code PER_CLASS}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(classes = {Tables.class, NewTransaction.class}, webEnvironment = SpringBootTest.WebEnvironment.NONE)
@ContextConfiguration(initializers = Backend.class)
@ImportAutoConfiguration({DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
    TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class, FlywayAutoConfiguration.class})
@ExtendWith(DatabaseTest.EmptyTables.class)
@interface DatabaseTest {

    /** Runs after Spring has created the test's context. */
    class EmptyTables implements TestInstancePostProcessor {

        @Override
        public void postProcessTestInstance(Object test, ExtensionContext context) {
            SpringExtension.getApplicationContext(context).getBean(Tables.class).clear();
        }
    }
}
