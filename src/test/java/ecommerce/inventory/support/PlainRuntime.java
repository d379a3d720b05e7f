package ecommerce.inventory.support;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

import javax.sql.DataSource;

import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Replaces the worker on Spring Boot by a {@link CamelMainWorker}, and adds those of its beans to the test's context that tests inject.
 * Not annotated, or Spring Boot's scan would find it.
 */
class PlainRuntime {

    /** With all settings of the test. The worker has to read {@code application.yaml} itself. */
    @Bean(destroyMethod = "")
    CamelMainWorker plainWorker(ConfigurableEnvironment environment) throws Exception {
        Map<String, String> settings = new TreeMap<>();
        environment.getPropertySources().stream()
            .filter(source -> source instanceof EnumerablePropertySource && !(source instanceof OriginTrackedMapPropertySource))
            .flatMap(source -> Arrays.stream(((EnumerablePropertySource<?>) source).getPropertyNames()))
            .filter(name -> name.matches("(inventory|spring\\.datasource|camel\\.main|server)\\..*"))
            .forEach(name -> settings.put(name, environment.getProperty(name)));
        // Camel's test support delays every start on its thread, and later starts only Spring's contexts.
        DefaultCamelContext.setNoStart(false);
        CamelMainWorker worker = new CamelMainWorker(settings);
        environment.getPropertySources().addFirst(new MapPropertySource("plain", Map.of("local.server.port", worker.port())));
        return worker;
    }

    /** Stops the worker before its bus. */
    @EventListener(ContextClosedEvent.class)
    void stop(ContextClosedEvent closed) {
        closed.getApplicationContext().getBean(CamelMainWorker.class).close();
    }

    @Bean(destroyMethod = "")
    CamelContext camel(CamelMainWorker worker) {
        return worker.camel();
    }

    @Bean
    ProducerTemplate template(CamelContext camel) {
        return camel.createProducerTemplate();
    }

    @Bean(destroyMethod = "")
    DataSource database(CamelMainWorker worker) {
        return worker.database();
    }

    @Bean
    JdbcTemplate jdbc(DataSource database) {
        return new JdbcTemplate(database);
    }
}
