package bench.plain;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.JdbcTemplateAutoConfiguration;
import org.springframework.boot.autoconfigure.transaction.TransactionAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/**
 * The baseline of the comparison: the same service as one would usually write it with Spring Boot and the Azure SDK, order by order. It
 * does less: it recognises a repeated order only by its MessageId, validates nothing, and has no read model, metrics or traces.
 */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
@EnableTransactionManagement
@ImportAutoConfiguration({PropertyPlaceholderAutoConfiguration.class, JacksonAutoConfiguration.class, DataSourceAutoConfiguration.class,
    DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class})
@Import({OrderListener.class, ReservationService.class, OutboxPoller.class, OutboxBatch.class})
public class SpringBaselineWorker {

    public static void main(String[] arguments) {
        // Not application.yaml: the worker's own is on the class path.
        new SpringApplicationBuilder(SpringBaselineWorker.class).properties("spring.config.name=plain-worker", "spring.main.web-application-type=none",
            "spring.main.keep-alive=true", "logging.level.root=INFO", "logging.level.com.azure=OFF").run(arguments);
    }

    @Bean
    ServiceBusClientBuilder client(@Value("${servicebus.connection-string}") String connectionString) {
        return new ServiceBusClientBuilder().connectionString(connectionString);
    }

    @Bean(destroyMethod = "close")
    ServiceBusSenderClient sender(ServiceBusClientBuilder client) {
        return client.sender().topicName("inventory").buildClient();
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    ServiceBusProcessorClient processor(ServiceBusClientBuilder client, OrderListener listener,
            @Value("${servicebus.max-concurrent-calls}") int maxConcurrentCalls) {
        return client.processor().topicName("orders").subscriptionName("inventory").maxConcurrentCalls(maxConcurrentCalls)
            .processMessage(listener::onMessage).processError(listener::onError).buildProcessorClient();
    }
}
