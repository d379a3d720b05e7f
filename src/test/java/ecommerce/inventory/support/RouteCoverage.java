package ecommerce.inventory.support;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedCamelContext;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * After each test method, writes what Camel has counted of its routes so far, for {@code RouteCoverageIT} to read. (Camel's own
 * {@code @EnableRouteCoverage} has to be on each class itself, of a parameterized test it keeps the last invocation only, and it
 * leaves out what is in a doCatch.)
 */
public class RouteCoverage implements AfterEachCallback {

    /** Where Camel's own tools look. */
    public static final Path FOLDER = Path.of("target", "camel-route-coverage");
    private static final AtomicInteger FILES = new AtomicInteger();

    @Override
    public void afterEach(ExtensionContext test) throws Exception {
        CamelContext camel = SpringExtension.getApplicationContext(test).getBean(CamelContext.class);
        if (camel.isStarted()) {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve(test.getRequiredTestClass().getSimpleName() + "-" + FILES.incrementAndGet() + ".xml"),
                camel.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class).getManagedCamelContext()
                    .dumpRoutesStatsAsXml(false, true));
        }
    }
}
