package ecommerce.inventory.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;

import ecommerce.inventory.InventoryWorker;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.test.spring.junit5.CamelSpringBootTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextCustomizerFactories;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.util.AntPathMatcher;

/**
 * A test of files of {@code routes/} with mock endpoints; neither database nor bus is started. Camel starts when the mocks are in place,
 * once for all methods; the mocks are reset before each.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@CamelSpringBootTest
@ExtendWith({RouteCoverage.class, RouteMocks.class})
@ContextCustomizerFactories(RouteMocks.class)
@SpringBootTest(classes = InventoryWorker.class, webEnvironment = SpringBootTest.WebEnvironment.NONE, properties = {
    // Both connect when they are first used, and the mocks see to it that they are not.
    "spring.datasource.url=jdbc:postgresql://nowhere.invalid/inventory",
    "inventory.servicebus.connection-string=Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=none;SharedAccessKey=none",
    "spring.flyway.enabled=false"})
@Import(RouteTest.Stubs.class)
public @interface RouteTest {

    /** Files below {@code routes/}, without {@code .camel.yaml}; {@code *} stands for any letters. */
    String[] routes();

    /** Endpoints that a mock stands in for: what is sent to {@code sql:x} goes to {@code mock:sql:x} instead. */
    String[] mock() default {};

    /** Endpoints whose messages a mock gets too: {@code mock:direct:x} those to {@code direct:x}. */
    String[] watch() default {};

    /** Endpoints in whose place the test sends: a route that begins with one begins with {@code direct:<id of the route>}. */
    String[] from() default {"quartz:*", "timer:*", "azure-servicebus:*"};

    /** Stands in for what needs a database at the other end. */
    class Stubs {

        private static final String ERRORS = "classpath:routes/inbox/errors.camel.yaml";

        @Bean
        RouteCoverage.Interceptor routeCoverage() {
            return new RouteCoverage.Interceptor();
        }

        /** The error handling that most files name, where the test does not have it by its files. */
        @Bean
        RoutesBuilder errors(CamelContext camel, @Value("${camel.main.routes-include-pattern}") String routes) throws Exception {
            return Arrays.stream(routes.split(",")).anyMatch(pattern -> new AntPathMatcher().match(pattern, ERRORS)) ? new RouteBuilder() {
                @Override
                public void configure() {
                }
            }
                : PluginHelper.getRoutesLoader(camel).findRoutesBuilders(PluginHelper.getResourceLoader(camel).resolveResource(ERRORS))
                    .iterator().next();
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
