package ecommerce.inventory.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.apache.camel.test.spring.junit5.CamelSpringBootTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;

/**
 * A test of the whole worker, with a database and a Service Bus of its own. With {@code @Tag("plain-camel")} it also runs
 * with the worker on camel-main alone.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@CamelSpringBootTest
@ExtendWith(RouteCoverage.class)
@SpringBootTest(classes = Worker.Setup.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@ContextConfiguration(initializers = Backend.class)
@Import({ShopDriver.class, Tables.class, Invariants.class})
public @interface WorkerTest {
}
