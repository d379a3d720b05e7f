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
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * A test of one file of {@code routes/} with mock endpoints; neither database nor bus is started. The test names the
 * file by property {@code camel.main.routes-include-pattern}. With {@code @UseAdviceWith}, which Camel looks for on the
 * class itself, it puts its mocks where the routes leave the file and starts the Camel context, once for all methods.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@CamelSpringBootTest
@ExtendWith(RouteCoverage.class)
@SpringBootTest(classes = InventoryWorker.class, webEnvironment = SpringBootTest.WebEnvironment.NONE, properties = {
    // Both connect when they are first used, and the mocks see to it that they are not.
    "spring.datasource.url=jdbc:postgresql://nowhere.invalid/inventory",
    "inventory.servicebus.connection-string=Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none",
    "spring.flyway.enabled=false"})
@Import(RouteTest.Stubs.class)
public @interface RouteTest {

    /** Stands in for what needs a database at the other end. */
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

    /** Transactions with nothing in them: {@code transacted} works, and Spring's view of it is true. */
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
