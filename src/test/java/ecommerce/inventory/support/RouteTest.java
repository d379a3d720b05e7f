package ecommerce.inventory.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import ecommerce.inventory.InventoryWorker;
import org.apache.camel.test.spring.junit5.CamelSpringBootTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextCustomizerFactories;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * A test of files of {@code routes/} with mock endpoints, without database and bus. Camel starts once for all methods, after the mocks are
 * in place; the mocks are reset before each method.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@CamelSpringBootTest
@ExtendWith({RouteCoverage.class, RouteMocks.class})
@ContextCustomizerFactories(RouteMocks.class)
@SpringBootTest(classes = InventoryWorker.class, webEnvironment = SpringBootTest.WebEnvironment.NONE, properties = {
    // Both connect at their first use, which the mocks prevent.
    "spring.datasource.url=jdbc:postgresql://nowhere.invalid/inventory",
    "inventory.servicebus.connection-string=Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none",
    "spring.flyway.enabled=false"})
@Import(RouteTest.Stubs.class)
public @interface RouteTest {

    /** Files below {@code routes/}, without {@code .camel.yaml}; {@code *} stands for any characters except {@code /}. */
    String[] routes();

    /** Endpoints that are replaced by mocks: messages to {@code sql:x} go to {@code mock:sql:x} instead. */
    String[] mock() default {};

    /** Endpoints whose messages also go to a mock: those to {@code direct:x} to {@code mock:direct:x} too. */
    String[] watch() default {};

    /** Sources that the test replaces: a route from one of them is now a route from {@code direct:<id of the route>}. */
    String[] from() default {"quartz:*", "timer:*", "azure-servicebus:*"};

    /** Replaces beans that need a database. */
    class Stubs {

        @Bean
        RouteCoverage.Interceptor routeCoverage() {
            return new RouteCoverage.Interceptor();
        }

        @Bean
        PlatformTransactionManager transactionManager() {
            return new NothingToCommit();
        }
    }

    /** Transactions without a database: {@code transacted} works, and Spring knows that a transaction is active. */
    class NothingToCommit extends AbstractPlatformTransactionManager {

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {
        }
    }
}
