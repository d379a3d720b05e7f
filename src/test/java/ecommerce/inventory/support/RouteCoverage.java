package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Records the nodes of routes that a test class runs, for {@code RouteCoverageIT}: one file per class, one line {@code file:line} per
 * node. (Camel's own {@code @EnableRouteCoverage} leaves out nodes in a doCatch, counts a shared onException for one route only, and
 * keeps only the last invocation of a parameterized test.)
 */
public class RouteCoverage implements BeforeAllCallback, AfterAllCallback {

    public static final Path FOLDER = Path.of("target", "route-coverage");
    private static final Set<String> RUN = new ConcurrentSkipListSet<>();

    /** Records each node that runs. */
    static class Interceptor implements InterceptStrategy {

        @Override
        public Processor wrapProcessorInInterceptors(CamelContext camel, NamedNode node, Processor target, Processor next) {
            String place = String.valueOf(node.getLocation()).replaceFirst(".*[/:]", "") + ":" + node.getLineNumber();
            return new DelegateAsyncProcessor(target) {
                @Override
                public boolean process(Exchange exchange, AsyncCallback callback) {
                    RUN.add(place);
                    return super.process(exchange, callback);
                }
            };
        }
    }

    @Override
    public void beforeAll(ExtensionContext test) {
        RUN.clear();
    }

    @Override
    public void afterAll(ExtensionContext test) throws IOException {
        Files.createDirectories(FOLDER);
        Files.write(FOLDER.resolve(test.getRequiredTestClass().getSimpleName() + ".txt"), RUN);
    }
}
