package ecommerce.inventory.support;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PatternHelper;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.junit.jupiter.SpringExtension;
import org.springframework.util.AntPathMatcher;

/** Applies a {@link RouteTest}. Camel's own support starts the routes after the test is created and before its first method. */
class RouteMocks implements ContextCustomizerFactory, TestInstancePostProcessor, BeforeEachCallback {

    /** The error handling that most routes name. */
    private static final String ERRORS = "inbox/errors";

    /** Tests with the same annotation share a context. */
    private record RouteFiles(RouteTest test) implements ContextCustomizer {

        @Override
        public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
            Stream<String> files = Stream.concat(Stream.of(test.routes()),
                Stream.of(ERRORS).filter(errors -> Stream.of(test.routes()).noneMatch(pattern -> new AntPathMatcher().match(pattern, errors))));
            TestPropertyValues.of(files.map(file -> "classpath:routes/" + file + ".camel.yaml")
                .collect(Collectors.joining(",", "camel.main.routes-include-pattern=", ""))).applyTo(context);
        }
    }

    @Override
    public ContextCustomizer createContextCustomizer(Class<?> test, List<ContextConfigurationAttributes> attributes) {
        return new RouteFiles(test.getAnnotation(RouteTest.class));
    }

    @Override
    public void postProcessTestInstance(Object test, ExtensionContext context) throws Exception {
        ModelCamelContext camel = SpringExtension.getApplicationContext(context).getBean(ModelCamelContext.class);
        if (!camel.isStarted()) {
            for (RouteDefinition route : List.copyOf(camel.getRouteDefinitions())) {
                mock(camel, route, context.getRequiredTestClass().getAnnotation(RouteTest.class));
            }
        }
    }

    private static void mock(CamelContext camel, RouteDefinition route, RouteTest test) throws Exception {
        AdviceWith.adviceWith(camel, route, advice -> {
            String from = route.getInput().getEndpointUri();
            if (Stream.of(test.from()).anyMatch(pattern -> PatternHelper.matchPattern(from, pattern))) {
                advice.replaceFromWith("direct:" + route.getRouteId());
            }
            advice.mockEndpointsAndSkip(test.mock());
            advice.mockEndpoints(test.watch());
        });
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        MockEndpoint.resetMocks(SpringExtension.getApplicationContext(context).getBean(CamelContext.class));
    }
}
