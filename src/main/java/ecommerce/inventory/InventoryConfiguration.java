package ecommerce.inventory;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

import javax.sql.DataSource;

import com.azure.core.amqp.AmqpRetryOptions;
import ecommerce.inventory.InventoryProperties.ServiceBus;
import ecommerce.inventory.api.Problem;
import ecommerce.inventory.api.RequestParameters;
import ecommerce.inventory.api.SecurityHeaders;
import ecommerce.inventory.api.StockStream;
import ecommerce.inventory.inbox.FailedAttempt;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.inbox.Normalizer;
import ecommerce.inventory.inbox.ParkedMessage;
import ecommerce.inventory.inbox.SchemaViolations;
import ecommerce.inventory.messaging.ConsumerControl;
import ecommerce.inventory.messaging.ConsumersHealth;
import ecommerce.inventory.messaging.DeadLetterQueues;
import ecommerce.inventory.messaging.ReceiverWatch;
import ecommerce.inventory.messaging.SettlingServiceBusComponent;
import ecommerce.inventory.metrics.EventMetrics;
import ecommerce.inventory.metrics.InvariantsHealth;
import ecommerce.inventory.metrics.Measurements;
import ecommerce.inventory.operator.OperatorEndpoint;
import ecommerce.inventory.outbox.OutboxPublisher;
import ecommerce.inventory.outbox.RelayHealth;
import ecommerce.inventory.tracing.MessageTracer;
import ecommerce.inventory.tracing.MessagesAndRequests;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusType;
import org.apache.camel.component.azure.servicebus.client.ServiceBusClientFactory;
import org.apache.camel.component.jsonvalidator.DefaultJsonUriSchemaLoader;
import org.apache.camel.component.jsonvalidator.JsonUriSchemaLoader;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.actuate.autoconfigure.tracing.TracingProperties;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.flyway.FlywayMigrationStrategy;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.transaction.PlatformTransactionManager;

/** The beans that the routes refer to by name. */
@Configuration
@EnableConfigurationProperties(InventoryProperties.class)
class InventoryConfiguration {

    /** Longer than the slowest round of the relay. */
    private static final Duration RELAY_STUCK = Duration.ofMinutes(2);

    /** Before Spring Boot looks for a database by itself and explains what it did not find. */
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

    @Bean
    FlywayMigrationStrategy migrationStrategy(InventoryProperties settings) {
        return settings.database().migrateAtStart() ? Flyway::migrate : Flyway::validate;
    }

    @Bean("azure-servicebus")
    SettlingServiceBusComponent serviceBusComponent(InventoryProperties settings, MessageTracer tracer) {
        SettlingServiceBusComponent component = new SettlingServiceBusComponent(tracer);
        component.setConfiguration(connection(settings.servicebus()));
        return component;
    }

    @Bean
    DeadLetterQueues deadLetterQueues(CamelContext camel, ProducerTemplate template) {
        return new DeadLetterQueues(camel, template);
    }

    @Bean
    ReceiverWatch receiverWatch(CamelContext camel, MeterRegistry registry, InventoryProperties settings) {
        return new ReceiverWatch(camel, registry, settings.receivers().idleLimit());
    }

    @Bean
    ConsumerControl consumerControl(CamelContext camel) {
        return new ConsumerControl(camel);
    }

    /** Off, that is not there, unless a token is set. */
    @Bean
    @ConditionalOnProperty("inventory.operator.token")
    OperatorEndpoint operatorEndpoint(ProducerTemplate template, ConsumerControl consumers, InventoryProperties settings) {
        return new OperatorEndpoint(template, consumers, settings.operator().token());
    }

    @Bean
    ConsumersHealth consumersHealthIndicator(CamelContext camel) {
        return new ConsumersHealth(camel);
    }

    @Bean
    RelayHealth relayHealthIndicator() {
        return new RelayHealth(RELAY_STUCK);
    }

    @Bean
    Normalizer normalizer() {
        return new Normalizer();
    }

    @Bean
    SchemaViolations schemaViolations() {
        return new SchemaViolations();
    }

    /** Has violations told in English, whatever the language of the machine. */
    @Bean
    JsonUriSchemaLoader schemaLoader() {
        return new DefaultJsonUriSchemaLoader() {
            {
                config.setLocale(Locale.ROOT);
            }
        };
    }

    @Bean
    InboxRepository inbox(DataSource dataSource, MeterRegistry registry) {
        return new InboxRepository(dataSource, registry);
    }

    @Bean
    Measurements measurements(MeterRegistry registry) {
        return new Measurements(registry);
    }

    @Bean
    InvariantsHealth invariantsHealthIndicator(MeterRegistry registry) {
        return new InvariantsHealth(registry);
    }

    @Bean
    EventMetrics eventMetrics(MeterRegistry registry) {
        return new EventMetrics(registry);
    }

    @Bean
    MessageTracer messageTracer(OpenTelemetry telemetry) {
        return new MessageTracer(telemetry);
    }

    /** A trace begins with a message or a request, and is kept or not as its sender says; what the clock starts is none. */
    @Bean
    Sampler sampler(TracingProperties settings) {
        return Sampler.parentBased(new MessagesAndRequests(settings.getSampling().getProbability()));
    }

    @Bean
    OutboxPublisher outboxPublisher(InventoryProperties settings, MessageTracer tracer) {
        ServiceBusConfiguration events = connection(settings.servicebus());
        events.setServiceBusType(ServiceBusType.topic);
        events.setTopicOrQueueName(settings.servicebus().eventsTopic());
        // For a connection that was dropped while idle; what lasts longer is the relay's to wait for.
        events.getAmqpRetryOptions().setMaxRetries(1);
        return new OutboxPublisher(settings.servicebus().eventsTopic(), tracer, () -> new ServiceBusClientFactory().createServiceBusSenderClient(events));
    }

    /** Named as the policy that Camel Quarkus brings, so that routes can say it on either runtime. */
    @Bean("PROPAGATION_REQUIRED")
    TransactionPolicy transactionPolicy(PlatformTransactionManager transactionManager) {
        return new TransactionPolicy(transactionManager);
    }

    @Bean
    ParkedMessage parkedMessage() {
        return new ParkedMessage();
    }

    @Bean
    FailedAttempt failedAttempt(InventoryProperties settings) {
        return new FailedAttempt(settings.inbox());
    }

    @Bean
    ErrorPolicy errorPolicy(InventoryProperties settings, FailedAttempt failedAttempt) {
        return new ErrorPolicy(settings, failedAttempt);
    }

    @Bean
    RequestParameters requestParameters(@Value("classpath:contracts/openapi.yaml") Resource contract) throws IOException {
        return new RequestParameters(contract);
    }

    @Bean
    Problem problem() {
        return new Problem();
    }

    @Bean
    SecurityHeaders securityHeaders() {
        return new SecurityHeaders();
    }

    @Bean
    StockStream stockStream(InventoryProperties settings) {
        return new StockStream(settings.stream());
    }

    /** Not a controller of Spring's: all paths of the API are Camel's there. */
    @Bean
    ServletRegistrationBean<StockStream> stockStreamServlet(StockStream stockStream) {
        return new ServletRegistrationBean<>(stockStream, "/api/inventory/stream");
    }

    private static ServiceBusConfiguration connection(ServiceBus settings) {
        ServiceBusConfiguration configuration = new ServiceBusConfiguration();
        configuration.setCredentialType(settings.credentialType());
        configuration.setConnectionString(settings.connectionString());
        configuration.setFullyQualifiedNamespace(settings.namespace());
        configuration.setAmqpRetryOptions(new AmqpRetryOptions().setTryTimeout(settings.tryTimeout()));
        configuration.setMaxAutoLockRenewDuration(settings.maxLockRenewal().toMillis());
        return configuration;
    }
}
