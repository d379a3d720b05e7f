package ecommerce.inventory;

import java.lang.reflect.Method;

import ecommerce.inventory.api.StockStream;
import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.health.ReadinessCheck;
import ecommerce.inventory.metrics.ReportInvariants;
import ecommerce.inventory.outbox.RelayHealthCheck;
import ecommerce.inventory.ports.PortLimits;
import ecommerce.inventory.servicebus.ConsumerControl;
import ecommerce.inventory.servicebus.ConsumersHealthCheck;
import ecommerce.inventory.settings.InvalidSettingException;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.tracing.MessageAndRequestSampler;
import ecommerce.inventory.tracing.RouteTracer;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.main.RoutesCollector;
import org.apache.camel.spring.boot.CamelConfigurationProperties;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.actuate.autoconfigure.tracing.TracingProperties;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.flyway.FlywayMigrationStrategy;
import org.springframework.boot.autoconfigure.web.ServerProperties;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.web.filter.ShallowEtagHeaderFilter;

/** The worker on Spring Boot: the beans of the routes, and what only Spring Boot needs. */
@Configuration
@EnableConfigurationProperties(InventoryProperties.class)
@Import({InventoryConfiguration.BeansOfTheRoutes.class, MigrationConfiguration.class})
class InventoryConfiguration {

    private static final ConfigurationPropertyName SETTINGS = ConfigurationPropertyName.of("inventory");

    /** Makes Spring's beans of {@link RouteBeans}, as Camel does elsewhere. */
    static class BeansOfTheRoutes implements ImportBeanDefinitionRegistrar {

        private static final String FACTORY = "routeBeans";

        @Override
        public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry beans) {
            beans.registerBeanDefinition(FACTORY, new RootBeanDefinition(RouteBeans.class));
            for (Method method : RouteBeans.class.getDeclaredMethods()) {
                BindToRegistry bind = method.getAnnotation(BindToRegistry.class);
                if (bind != null) {
                    RootBeanDefinition bean = new RootBeanDefinition();
                    bean.setTargetType(method.getReturnType());
                    bean.setFactoryBeanName(FACTORY);
                    bean.setFactoryMethodName(method.getName());
                    bean.setAutowireMode(RootBeanDefinition.AUTOWIRE_CONSTRUCTOR);
                    beans.registerBeanDefinition(bind.value().isEmpty() ? method.getName() : bind.value(), bean);
                }
            }
        }
    }

    /** Fails first, with our message instead of Spring Boot's. */
    @Bean
    static BeanFactoryPostProcessor databaseIsSet(Environment environment) {
        return beans -> {
            String url = environment.getProperty("spring.datasource.url");
            if (url == null || !url.startsWith("jdbc:postgresql:")) {
                throw new InvalidSettingException("spring.datasource.url is " + (url == null ? "not set" : "not a URL of PostgreSQL")
                    + ": put jdbc:postgresql://<host>:<port>/<database> there (environment: SPRING_DATASOURCE_URL)");
            }
        };
    }

    /** Without it a setting that has no value would be a zero, or null. */
    @Bean
    static ConfigurationPropertiesBindHandlerAdvisor settingsHaveValues() {
        return handler -> new AbstractBindHandler(handler) {
            @Override
            public void onFinish(ConfigurationPropertyName name, Bindable<?> target, BindContext context, Object result) throws Exception {
                if (result == null && SETTINGS.isAncestorOf(name)) {
                    ConfigurationProperty empty = context.getConfigurationProperty();
                    InvalidSettingException.requireValue(name.toString(), target.getType().toClass(), empty == null ? null : empty.getValue());
                }
                super.onFinish(name, target, context, result);
            }
        };
    }

    @Bean
    FlywayMigrationStrategy migrationStrategy(InventoryProperties settings) {
        return settings.database().migrateAtStart() ? Flyway::migrate : Flyway::validate;
    }

    /** Replaces that of Camel's starter. */
    @Bean
    RoutesCollector routesCollector(ApplicationContext context, CamelConfigurationProperties settings) {
        return new BundledRoutes(context, settings.getMain().isIncludeNonSingletons());
    }

    /**
     * A trace starts with a message or a request, not with the clock. Of the traces that a sender or client has sampled, this samples a
     * fraction by trace id, so that all services keep the same ones; unsampled ones stay unsampled.
     */
    @Bean
    Sampler sampler(TracingProperties settings) {
        double probability = settings.getSampling().getProbability();
        return Sampler.parentBasedBuilder(new MessageAndRequestSampler(probability))
            .setRemoteParentSampled(Sampler.traceIdRatioBased(probability)).build();
    }

    /**
     * Replaces the tracer of Camel's starter, and exists only if spans are exported, as each route and endpoint makes a span per
     * message. Camel stops it with its other services, so Spring must not.
     */
    @Bean(destroyMethod = "")
    @ConditionalOnProperty("management.otlp.tracing.endpoint")
    RouteTracer routeTracer(CamelContext camel) {
        RouteTracer tracer = new RouteTracer();
        tracer.init(camel);
        return tracer;
    }

    @Bean
    ConsumerControl consumerControl(CamelContext camel) {
        return new ConsumerControl(camel);
    }

    /** Replaces Spring Boot's, which waits for a connection and accepts a read-only server. */
    @Bean
    HealthIndicator dbHealthIndicator(DatabaseHealth database) {
        return () -> database.unavailable().map(reason -> Health.down().withDetail("reason", reason)).orElseGet(Health::up).build();
    }

    /** For liveness, so never down in an outage. A restart reads role and password again. */
    @Bean
    HealthIndicator databaseCredentialsHealthIndicator(DatabaseHealth database) {
        return () -> (database.credentialsAreOld() ? Health.down() : Health.up()).build();
    }

    @Bean
    HealthIndicator consumersHealthIndicator(ConsumersHealthCheck consumers) {
        return () -> health(consumers);
    }

    @Bean
    HealthIndicator relayHealthIndicator(RelayHealthCheck relay) {
        return () -> health(relay);
    }

    private static Health health(ReadinessCheck check) {
        HealthCheck.Result result = check.call();
        return Health.status(result.getState().name()).withDetails(result.getDetails()).build();
    }

    /** Part of neither readiness nor liveness: a restart does not repair stock. */
    @Bean
    HealthIndicator invariantsHealthIndicator(ReportInvariants invariants) {
        return () -> invariants.differences()
            .map(found -> found.isEmpty() ? Health.up().build() : Health.down().withDetail("differences", found).build())
            .orElseGet(() -> Health.unknown().build());
    }

    @Bean
    @ConditionalOnWebApplication
    PortLimits portLimits(InventoryProperties settings, ServerProperties server, ApplicationAvailability availability) {
        return new PortLimits(settings, server, availability);
    }

    /**
     * Buffers an answer of the API and lets Tomcat's threads send it: a slow client would otherwise occupy one of the few threads that
     * query the database.
     */
    @Bean
    FilterRegistrationBean<ShallowEtagHeaderFilter> wholeAnswers() {
        FilterRegistrationBean<ShallowEtagHeaderFilter> filter = new FilterRegistrationBean<>(new ShallowEtagHeaderFilter() {
            @Override
            protected boolean shouldNotFilter(HttpServletRequest request) {
                return request.getRequestURI().endsWith("/stream");
            }
        });
        filter.addUrlPatterns("/api/inventory/*");
        return filter;
    }

    /** Not among {@link RouteBeans}, as it needs a servlet container. */
    @Bean
    StockStream stockStream(InventoryProperties settings) {
        return new StockStream(settings.stream());
    }

    /** Not a Spring controller: Spring hands all paths of the API to Camel. */
    @Bean
    ServletRegistrationBean<StockStream> stockStreamServlet(StockStream stockStream) {
        return new ServletRegistrationBean<>(stockStream, "/api/inventory/stream");
    }
}
