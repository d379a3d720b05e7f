package ecommerce.inventory;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;

import javax.sql.DataSource;

import com.azure.core.amqp.AmqpRetryOptions;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.SchemaLocation;
import ecommerce.inventory.api.AnswerProblem;
import ecommerce.inventory.api.ReadParameters;
import ecommerce.inventory.database.CountingSqlComponent;
import ecommerce.inventory.database.DatabaseHealth;
import ecommerce.inventory.database.Sql;
import ecommerce.inventory.failure.ErrorPolicy;
import ecommerce.inventory.failure.FailurePolicy;
import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.failure.TransactionRetry;
import ecommerce.inventory.inbox.DescribeFailure;
import ecommerce.inventory.inbox.InboundSchema;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.inbox.NormalizeMessage;
import ecommerce.inventory.inbox.RestoreParkedMessage;
import ecommerce.inventory.inbox.SchemaViolations;
import ecommerce.inventory.inbox.ToColumns;
import ecommerce.inventory.inbox.ToVariables;
import ecommerce.inventory.metrics.CountEvents;
import ecommerce.inventory.metrics.KeepMeasurements;
import ecommerce.inventory.metrics.ReportInvariants;
import ecommerce.inventory.outbox.ClearMessage;
import ecommerce.inventory.outbox.OutboxComponent;
import ecommerce.inventory.outbox.OutboxPublisher;
import ecommerce.inventory.outbox.RelayHealthCheck;
import ecommerce.inventory.servicebus.ConsumersHealthCheck;
import ecommerce.inventory.servicebus.DeadLetterCounts;
import ecommerce.inventory.servicebus.DeadLetterQueues;
import ecommerce.inventory.servicebus.ReceiverWatch;
import ecommerce.inventory.servicebus.SettlingServiceBusComponent;
import ecommerce.inventory.servicebus.UnroutedCounts;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.settings.InventoryProperties.ServiceBus;
import ecommerce.inventory.settings.SettingPlaceholders;
import ecommerce.inventory.tracing.MessageTracer;
import ecommerce.inventory.transaction.GroupCommit;
import ecommerce.inventory.transaction.LockedProducts;
import ecommerce.inventory.transaction.RemainingMessages;
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
import org.apache.camel.spi.PackageScanResourceResolver;
import org.apache.camel.support.ResourceHelper;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The beans that the routes refer to, by the names of these methods, on every runtime: {@link InventoryConfiguration} makes them Spring
 * beans, {@link PlainCamelBeans} binds them with Camel alone. Parameters are resolved by type.
 */
public class RouteBeans {

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
    public PackageScanResourceResolver routeFileResolver(CamelContext camel) {
        RouteFileResolver resolver = new RouteFileResolver(camel);
        camel.getCamelContextExtension().addContextPlugin(PackageScanResourceResolver.class, resolver);
        return resolver;
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
    public UnroutedCounts unroutedCounts(MeterRegistry registry, InventoryProperties settings) {
        return new UnroutedCounts(connection(settings.servicebus()), settings.servicebus(), registry);
    }

    @BindToRegistry
    public ReceiverWatch receiverWatch(CamelContext camel, MeterRegistry registry, InventoryProperties settings) {
        return new ReceiverWatch(camel, registry, settings.receivers().idleLimit());
    }

    @BindToRegistry
    public ConsumersHealthCheck consumersHealthCheck(CamelContext camel) {
        return new ConsumersHealthCheck(camel);
    }

    @BindToRegistry("outbox")
    public OutboxComponent outboxComponent(DataSource dataSource) {
        return new OutboxComponent(dataSource);
    }

    @BindToRegistry
    public ClearMessage clearMessage() {
        return new ClearMessage();
    }

    @BindToRegistry
    public RelayHealthCheck relayHealthCheck() {
        return new RelayHealthCheck(RELAY_STUCK);
    }

    @BindToRegistry
    public NormalizeMessage normalizeMessage() {
        return new NormalizeMessage();
    }

    @BindToRegistry
    public SchemaViolations schemaViolations() {
        return new SchemaViolations();
    }

    /** Its validators stop at the first violation and report it in English, whatever the locale. */
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
    public KeepMeasurements keepMeasurements(MeterRegistry registry, InventoryProperties settings) {
        return new KeepMeasurements(registry, settings.metrics().schedule());
    }

    @BindToRegistry
    public DatabaseHealth databaseHealth(InventoryProperties settings) {
        return new DatabaseHealth(settings.database().refusalLimit(), DATABASE_SILENT);
    }

    @BindToRegistry
    public ReportInvariants reportInvariants(MeterRegistry registry, InventoryProperties settings) {
        return new ReportInvariants(registry, settings.reconciliation().schedule());
    }

    @BindToRegistry
    public CountEvents countEvents(MeterRegistry registry) {
        return new CountEvents(registry);
    }

    @BindToRegistry
    public MessageTracer messageTracer(OpenTelemetry telemetry) {
        return new MessageTracer(telemetry);
    }

    @BindToRegistry(destroyMethod = "close")
    public OutboxPublisher outboxPublisher(InventoryProperties settings, MessageTracer tracer, RelayHealthCheck health) {
        ServiceBusConfiguration events = connection(settings.servicebus());
        events.setServiceBusType(ServiceBusType.topic);
        events.setTopicOrQueueName(settings.servicebus().eventsTopic());
        // Enough for a connection that was dropped while idle; the relay waits out a longer outage.
        events.getAmqpRetryOptions().setMaxRetries(1);
        return new OutboxPublisher(settings.servicebus().eventsTopic(), settings.cell(), tracer,
            () -> new ServiceBusClientFactory().createServiceBusSenderClient(events), health);
    }

    /** Named like the policy of Camel Quarkus, so that the routes work on either runtime. */
    @BindToRegistry("PROPAGATION_REQUIRED")
    public TransactionPolicy transactionPolicy(PlatformTransactionManager transactionManager) {
        return new TransactionPolicy(transactionManager);
    }

    @BindToRegistry("GROUP_COMMIT")
    public GroupCommit groupCommit(TransactionPolicy transaction, InventoryProperties settings, DataSource dataSource) {
        return new GroupCommit(transaction, settings.inbox().batchSize(), new LockedProducts(dataSource));
    }

    @BindToRegistry
    public RemainingMessages remainingMessages() {
        return new RemainingMessages();
    }

    @BindToRegistry
    public ToColumns toColumns() {
        return new ToColumns();
    }

    @BindToRegistry
    public ToVariables toVariables() {
        return new ToVariables();
    }

    @BindToRegistry
    public RestoreParkedMessage restoreParkedMessage() {
        return new RestoreParkedMessage();
    }

    @BindToRegistry
    public Outages outages(DataSource dataSource) {
        return new Outages(dataSource, Sql.read("inbox/table-locked"));
    }

    @BindToRegistry
    public DescribeFailure describeFailure(InventoryProperties settings, Outages outages) {
        return new DescribeFailure(settings.inbox(), outages);
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
    public ReadParameters readParameters() throws IOException {
        try (InputStream contract = RouteBeans.class.getResourceAsStream("/contracts/openapi.yaml")) {
            return new ReadParameters(contract);
        }
    }

    @BindToRegistry
    public AnswerProblem answerProblem() {
        return new AnswerProblem();
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
