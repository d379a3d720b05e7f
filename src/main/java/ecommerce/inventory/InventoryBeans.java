package ecommerce.inventory;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;

import javax.sql.DataSource;

import com.azure.core.amqp.AmqpRetryOptions;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.SchemaLocation;
import ecommerce.inventory.api.Problem;
import ecommerce.inventory.api.RequestParameters;
import ecommerce.inventory.database.CountingSqlComponent;
import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.failure.ErrorPolicy;
import ecommerce.inventory.failure.FailurePolicy;
import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.failure.TransactionRetry;
import ecommerce.inventory.inbox.BodyVariables;
import ecommerce.inventory.inbox.FailedAttempt;
import ecommerce.inventory.inbox.InboundSchema;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.inbox.MessageColumns;
import ecommerce.inventory.inbox.Normalizer;
import ecommerce.inventory.inbox.ParkedMessage;
import ecommerce.inventory.inbox.SchemaViolations;
import ecommerce.inventory.metrics.EventMetrics;
import ecommerce.inventory.metrics.InvariantsHealth;
import ecommerce.inventory.metrics.Measurements;
import ecommerce.inventory.outbox.ClearMessage;
import ecommerce.inventory.outbox.OutboxPublisher;
import ecommerce.inventory.outbox.RelayHealth;
import ecommerce.inventory.servicebus.ConsumersHealth;
import ecommerce.inventory.servicebus.DeadLetterCounts;
import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.servicebus.ReceiverWatch;
import ecommerce.inventory.servicebus.SettlingServiceBusComponent;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.settings.InventoryProperties.ServiceBus;
import ecommerce.inventory.settings.SettingPlaceholders;
import ecommerce.inventory.tracing.MessageTracer;
import ecommerce.inventory.transaction.GroupCommit;
import ecommerce.inventory.transaction.LockedProducts;
import ecommerce.inventory.transaction.TransactionPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.LoggingLevel;
import org.apache.camel.Predicate;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusType;
import org.apache.camel.component.azure.servicebus.client.ServiceBusClientFactory;
import org.apache.camel.component.jsonvalidator.DefaultJsonUriSchemaLoader;
import org.apache.camel.component.jsonvalidator.JsonUriSchemaLoader;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.processor.errorhandler.RedeliveryPolicy;
import org.apache.camel.support.ResourceHelper;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The beans that the routes refer to, by the names of these methods, on every runtime: {@link InventoryConfiguration} has them
 * made by Spring Boot, {@link PlainCamelBeans} by Camel alone. What a method needs is found by its type.
 */
public class InventoryBeans {

    private static final double BACK_OFF_MULTIPLIER = 2;
    private static final double JITTER_PERCENT = 50;
    /** Longer than the slowest round of the relay. */
    private static final Duration RELAY_STUCK = Duration.ofMinutes(2);
    /** Longer than a connection and an answer may take. */
    private static final Duration DATABASE_SILENT = Duration.ofSeconds(30);

    @BindToRegistry("azure-servicebus")
    public SettlingServiceBusComponent serviceBusComponent(InventoryProperties settings, MessageTracer tracer, MeterRegistry registry) {
        SettlingServiceBusComponent component =
            new SettlingServiceBusComponent(tracer, registry, settings.servicebus().maxMessageSize());
        component.setConfiguration(connection(settings.servicebus()));
        return component;
    }

    @BindToRegistry("sql")
    public CountingSqlComponent sqlComponent() {
        return new CountingSqlComponent();
    }

    @BindToRegistry
    public SettingPlaceholders settingPlaceholders(CamelContext camel, InventoryProperties settings) {
        return new SettingPlaceholders((PropertiesComponent) camel.getPropertiesComponent(), settings);
    }

    @BindToRegistry
    public DeadLetterQueues deadLetterQueues(CamelContext camel) {
        return new DeadLetterQueues(camel, camel.createProducerTemplate());
    }

    @BindToRegistry
    public DeadLetterCounts deadLetterCounts(CamelContext camel, MeterRegistry registry) {
        return new DeadLetterCounts(camel, registry);
    }

    @BindToRegistry
    public ReceiverWatch receiverWatch(CamelContext camel, MeterRegistry registry, InventoryProperties settings) {
        return new ReceiverWatch(camel, registry, settings.receivers().idleLimit());
    }

    @BindToRegistry
    public ConsumersHealth consumersHealth(CamelContext camel) {
        return new ConsumersHealth(camel);
    }

    @BindToRegistry
    public ClearMessage clearMessage() {
        return new ClearMessage();
    }

    @BindToRegistry
    public RelayHealth relayHealth() {
        return new RelayHealth(RELAY_STUCK);
    }

    @BindToRegistry
    public Normalizer normalizer() {
        return new Normalizer();
    }

    @BindToRegistry
    public SchemaViolations schemaViolations() {
        return new SchemaViolations();
    }

    /** Of validators that stop at the first violation, and tell it in English, whatever the language of the machine. */
    @BindToRegistry
    public JsonUriSchemaLoader schemaLoader() {
        return new DefaultJsonUriSchemaLoader() {
            {
                config.setLocale(Locale.ROOT);
                config.setFailFast(true);
            }

            @Override
            public JsonSchema createSchema(CamelContext camel, String file) throws IOException {
                try (InputStream schema = ResourceHelper.resolveMandatoryResourceAsInputStream(camel, file)) {
                    return InboundSchema.validators().getSchema(SchemaLocation.of("classpath:" + file), mapper.readTree(schema), config);
                }
            }
        };
    }

    @BindToRegistry
    public InboxRepository inbox(DataSource dataSource, MeterRegistry registry) {
        return new InboxRepository(dataSource, registry);
    }

    @BindToRegistry
    public Measurements measurements(MeterRegistry registry) {
        return new Measurements(registry);
    }

    @BindToRegistry
    public DatabaseHealth databaseHealth(InventoryProperties settings) {
        return new DatabaseHealth(settings.database().refusalLimit(), DATABASE_SILENT);
    }

    @BindToRegistry
    public InvariantsHealth invariantsHealth(MeterRegistry registry) {
        return new InvariantsHealth(registry);
    }

    @BindToRegistry
    public EventMetrics eventMetrics(MeterRegistry registry) {
        return new EventMetrics(registry);
    }

    @BindToRegistry
    public MessageTracer messageTracer(OpenTelemetry telemetry) {
        return new MessageTracer(telemetry);
    }

    @BindToRegistry(destroyMethod = "close")
    public OutboxPublisher outboxPublisher(InventoryProperties settings, MessageTracer tracer, RelayHealth health) {
        ServiceBusConfiguration events = connection(settings.servicebus());
        events.setServiceBusType(ServiceBusType.topic);
        events.setTopicOrQueueName(settings.servicebus().eventsTopic());
        // For a connection that was dropped while idle; what lasts longer is the relay's to wait for.
        events.getAmqpRetryOptions().setMaxRetries(1);
        return new OutboxPublisher(settings.servicebus().eventsTopic(), tracer,
            () -> new ServiceBusClientFactory().createServiceBusSenderClient(events), health);
    }

    /** Named as the policy that Camel Quarkus brings, so that routes can say it on either runtime. */
    @BindToRegistry("PROPAGATION_REQUIRED")
    public TransactionPolicy transactionPolicy(PlatformTransactionManager transactionManager) {
        return new TransactionPolicy(transactionManager);
    }

    @BindToRegistry("GROUP_COMMIT")
    public GroupCommit groupCommit(TransactionPolicy transaction, InventoryProperties settings, DataSource dataSource) {
        return new GroupCommit(transaction, settings.inbox().batchSize(), new LockedProducts(dataSource));
    }

    @BindToRegistry
    public MessageColumns messageColumns() {
        return new MessageColumns();
    }

    @BindToRegistry
    public BodyVariables bodyVariables() {
        return new BodyVariables();
    }

    @BindToRegistry
    public ParkedMessage parkedMessage() {
        return new ParkedMessage();
    }

    @BindToRegistry
    public Outages outages(DataSource dataSource) {
        return new Outages(dataSource);
    }

    @BindToRegistry
    public FailedAttempt failedAttempt(InventoryProperties settings, Outages outages) {
        return new FailedAttempt(settings.inbox(), outages);
    }

    @BindToRegistry
    public ErrorPolicy errorPolicy(InventoryProperties settings) {
        return new ErrorPolicy(settings.outbox().outagePause());
    }

    @BindToRegistry
    public FailurePolicy failures() {
        return new FailurePolicy();
    }

    @BindToRegistry
    public TransactionRetry transactionRetry(InventoryProperties settings, Outages outages) {
        return new TransactionRetry(settings.inbox(), outages);
    }

    @BindToRegistry
    public Predicate finalFailure(FailurePolicy failures) {
        return failures::isFinal;
    }

    /** A bean, as YAML takes delays in milliseconds only. */
    @BindToRegistry
    public RedeliveryPolicy inboxRedelivery(InventoryProperties settings) {
        RedeliveryPolicy policy = new RedeliveryPolicy();
        policy.setRedeliveryDelay(settings.inbox().retryDelay().toMillis());
        policy.setUseExponentialBackOff(true);
        policy.setBackOffMultiplier(BACK_OFF_MULTIPLIER);
        policy.setMaximumRedeliveryDelay(settings.inbox().retryDelayMax().toMillis());
        policy.setUseCollisionAvoidance(true);
        policy.setCollisionAvoidancePercent(JITTER_PERCENT);
        policy.setRetryAttemptedLogLevel(LoggingLevel.DEBUG);
        policy.setLogExhausted(false);
        return policy;
    }

    @BindToRegistry
    public RequestParameters requestParameters() throws IOException {
        try (InputStream contract = InventoryBeans.class.getResourceAsStream("/contracts/openapi.yaml")) {
            return new RequestParameters(contract);
        }
    }

    @BindToRegistry
    public Problem problem() {
        return new Problem();
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
