package ecommerce.inventory.settings;

import static ecommerce.inventory.settings.InvalidSettingException.require;

import java.text.ParseException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import org.apache.camel.component.azure.servicebus.CredentialType;
import org.quartz.CronExpression;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationFormat;
import org.springframework.boot.convert.DurationStyle;

/**
 * The settings of the worker, {@code inventory.*}. Their defaults are in {@code application.yaml}.
 *
 * @param cell Name of the cell, if several workers share the topics and each has a database of its own: the application property cell
 *             of the messages that its subscriptions take. Letters, digits and hyphens, up to 40. It is on each metric, log line, trace
 *             and event.
 * @param servicebus the queue and topics of Service Bus
 * @param receivers how receivers are supervised
 * @param database the schema, its migration, and the supervision of the database
 * @param inbox how messages are batched and retried
 * @param reservation how long a reservation lasts, and how it expires
 * @param outbox      how events are published
 * @param summary     how the read model follows the events
 * @param metrics when the backlog is measured
 * @param reconciliation when the invariants are checked
 * @param operator who may use the operator's actions
 * @param retention how long finished rows are kept
 * @param api how queries are answered
 * @param stream how changes of stock are streamed to clients
 */
@ConfigurationProperties("inventory")
public record InventoryProperties(
        String cell,
        @DefaultValue ServiceBus servicebus,
        @DefaultValue Receivers receivers,
        @DefaultValue Database database,
        @DefaultValue Inbox inbox,
        @DefaultValue Reservation reservation,
        @DefaultValue Outbox outbox,
        @DefaultValue Summary summary,
        @DefaultValue Metrics metrics,
        @DefaultValue Reconciliation reconciliation,
        @DefaultValue Operator operator,
        @DefaultValue Retention retention,
        @DefaultValue Api api,
        @DefaultValue Stream stream) {

    /** What a duration must be. */
    public static final String DURATION = "a duration from PT0.001S to P36500D, such as PT5S,";
    private static final String SCHEDULE = "a Quartz cron expression, such as * * * * * ? for every second,";
    private static final Duration SHORTEST = Duration.ofMillis(1);
    /** Limits a duration so that neither a timestamp of the database to which it is added nor a long of nanoseconds overflows. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    public InventoryProperties {
        require(cell.matches("[A-Za-z0-9-]{0,40}"), "inventory.cell", cell, "a name of up to 40 letters, digits and hyphens, such as eu,");
    }

    /**
     * @param connectionString Connection string of the Service Bus namespace, for credential type CONNECTION_STRING. A secret: set it
     *                           in the environment.
     * @param credentialType     CONNECTION_STRING, or AZURE_IDENTITY for Entra ID (workload identity, managed identity, environment,
     *                           Azure CLI).
     * @param namespace          Fully qualified namespace, such as shop.servicebus.windows.net, for AZURE_IDENTITY.
     * @param ordersTopic        Topic that carries the shop's order messages.
     * @param ordersSubscription Subscription of the orders topic that this worker reads.
     * @param paymentsTopic Topic that carries the shop's payment messages.
     * @param paymentsSubscription Subscription of the payments topic that this worker reads.
     * @param commandsQueue      Queue that carries commands to the inventory.
     * @param eventsTopic        Topic that this worker publishes its events to.
     * @param unroutedSubscription Subscription of each of the three topics that gets the messages that no cell takes. The worker counts
     *                           them, and receives none. Empty: there is none.
     * @param maxConcurrentCalls Messages of one topic in flight, 1 to 200, if their bodies have at most 512 KiB together. Each
     *                           transaction needs one of the database connections (spring.datasource.hikari.maximum-pool-size), and
     *                           waits for it.
     * @param prefetch Messages fetched in advance, 0 to 200. Their locks are not renewed.
     * @param maxMessageSize Largest message that the queue and the topics accept, in KiB, 1 to 102400: 256 in a Standard namespace, at
     *                           least 1024 in a Premium one. All messages that can be in flight have to fit into half of the heap.
     * @param maxLockRenewal How long the lock of a message in flight is renewed; ISO-8601 duration. A longer outage of the database
     *                           uses up a delivery attempt.
     * @param tryTimeout         How long one try of a request to Service Bus may take (open, send, settle) before it counts as failed;
     *                           ISO-8601 duration.
     */
    public record ServiceBus(
            String connectionString,
            CredentialType credentialType,
            String namespace,
            String ordersTopic,
            String ordersSubscription,
            String paymentsTopic,
            String paymentsSubscription,
            String commandsQueue,
            String eventsTopic,
            String unroutedSubscription,
            Integer maxConcurrentCalls,
            Integer prefetch,
            Integer maxMessageSize,
            @DurationFormat(DurationStyle.ISO8601) Duration maxLockRenewal,
            @DurationFormat(DurationStyle.ISO8601) Duration tryTimeout) {

        public ServiceBus {
            switch (credentialType) {
                case CONNECTION_STRING -> requireConnectionString(connectionString);
                case AZURE_IDENTITY -> require(namespace != null && namespace.matches("[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+"),
                    "inventory.servicebus.namespace", namespace == null ? "not set" : namespace,
                    "the fully qualified namespace, such as shop.servicebus.windows.net,");
                default -> require(false, "inventory.servicebus.credential-type", credentialType, "CONNECTION_STRING or AZURE_IDENTITY");
            }
            // Beyond that the SDK overflows its own buffer and closes the link, and messages wait until their locks end.
            requireBetween(1, 200, maxConcurrentCalls, "inventory.servicebus.max-concurrent-calls");
            requireBetween(0, 200, prefetch, "inventory.servicebus.prefetch");
            requireBetween(1, 102_400, maxMessageSize, "inventory.servicebus.max-message-size");
            requireMemory(maxConcurrentCalls + prefetch, maxMessageSize, Runtime.getRuntime().maxMemory() >> 10);
            requirePositive(maxLockRenewal, "inventory.servicebus.max-lock-renewal");
            requirePositive(tryTimeout, "inventory.servicebus.try-timeout");
        }

        /** Omits the secret, so that no log line can show it. */
        @Override
        public String toString() {
            return "ServiceBus[credentialType=" + credentialType + ", namespace=" + namespace + "]";
        }

        /**
         * The SDK holds the messages of all calls before the worker knows their size. The other half of the heap is for the worker, and
         * for what it makes of the messages that it reads.
         *
         * @param messages   of one topic that can be in memory at the same time
         * @param size size of each, in KiB
         * @param maxMemory  the heap, in KiB
         */
        static void requireMemory(int messages, int size, long maxMemory) {
            // Two topics, and one message of the queue.
            long needed = (2L * messages + 1) * size;
            if (needed > maxMemory / 2) {
                throw new InvalidSettingException("inventory.servicebus.max-concurrent-calls and prefetch allow " + messages + " messages of each "
                    + "of two topics in memory, which with inventory.servicebus.max-message-size=" + size + " (KiB) may take " + (needed >> 10)
                    + " MiB, more than half of the heap of " + (maxMemory >> 10) + " MiB: put at most " + Math.max(0, (maxMemory / 2 / size - 1) / 2)
                    + " there, both together, or give the worker more memory");
            }
        }

        private static void requireConnectionString(String connectionString) {
            if (connectionString == null || connectionString.isBlank()) {
                throw new InvalidSettingException("inventory.servicebus.connection-string is not set: put the connection string of "
                    + "the Service Bus namespace there (environment: INVENTORY_SERVICEBUS_CONNECTIONSTRING), or set "
                    + "inventory.servicebus.credential-type=AZURE_IDENTITY and inventory.servicebus.namespace");
            }
            try {
                new ServiceBusClientBuilder().connectionString(connectionString);
            } catch (RuntimeException e) {
                // Neither the value nor the cause is shown: they contain the key.
                throw new InvalidSettingException("inventory.servicebus.connection-string is not a connection string: put "
                    + "Endpoint=sb://<namespace>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<key> there");
            }
        }
    }

    /**
     * @param watchSchedule When to check the receivers and to count dead letters; Quartz cron expression.
     * @param idleLimit How long a receiver may receive nothing while messages wait before it is reconnected; ISO-8601 duration.
     */
    public record Receivers(
            String watchSchedule,
            @DurationFormat(DurationStyle.ISO8601) Duration idleLimit) {

        public Receivers {
            requireSchedule(watchSchedule, "inventory.receivers.watch-schedule");
            requirePositive(idleLimit, "inventory.receivers.idle-limit");
        }
    }

    /**
     * @param migrateAtStart Whether the worker migrates its tables when it starts. If not, it starts only if they are migrated: for a
     *                       role that may not change them.
     * @param schema Schema of the worker's tables, in lower case. The migration creates it if it is missing. Several workers may each
     *                       have their own in one database.
     * @param lockTimeout How long a statement waits for a lock before its transaction is rolled back and retried, PT0.001S to P1D;
     *                       ISO-8601 duration. It holds for the migration too.
     * @param statementTimeout How long a statement may take, PT0.001S to P1D; ISO-8601 duration. The worker abandons its connection after
     *                       socketTimeout (spring.datasource.hikari.data-source-properties), so that a longer one has no effect.
     * @param watchSchedule When to check that the database accepts changes; Quartz cron expression, at least every 20 seconds.
     * @param refusalLimit How long the database may refuse role or password before liveness fails, because a restart reads them again;
     *                       ISO-8601 duration.
     */
    public record Database(
            Boolean migrateAtStart,
            String schema,
            @DurationFormat(DurationStyle.ISO8601) Duration lockTimeout,
            @DurationFormat(DurationStyle.ISO8601) Duration statementTimeout,
            String watchSchedule,
            @DurationFormat(DurationStyle.ISO8601) Duration refusalLimit) {

        public Database {
            require(schema.matches("(?!pg_)[a-z_][a-z0-9_]{0,62}"), "inventory.database.schema", schema,
                "a name of lower-case letters, digits and underscores, such as inventory,");
            requireAtMostADay(lockTimeout, "inventory.database.lock-timeout");
            requireAtMostADay(statementTimeout, "inventory.database.statement-timeout");
            requireSchedule(watchSchedule, "inventory.database.watch-schedule");
            requirePositive(refusalLimit, "inventory.database.refusal-limit");
        }
    }

    /**
     * @param batchSize Maximum orders per transaction (group commit), at least 1. Orders that arrive during a transaction join the next
     *                      one; with 1 each order has its own.
     * @param maxRetries How often a failed transaction is retried before its message is parked. An outage of the database does not
     * count.
     * @param retryDelay Delay before the first retry, doubled for each further one; ISO-8601 duration.
     * @param retryDelayMax Longest delay between two retries; ISO-8601 duration.
     * @param maxAttempts Attempts before a message fails for good, at least 1; the retries of a transaction are one attempt. No message
     *                      fails because another transaction holds a lock.
     * @param parkedDelay Delay of a parked message, doubled for each further attempt; ISO-8601 duration.
     * @param parkedDelayMax Longest delay of a parked message; ISO-8601 duration.
     * @param retrySchedule When to look for parked messages that are due; Quartz cron expression.
     */
    public record Inbox(
            Integer batchSize,
            Integer maxRetries,
            @DurationFormat(DurationStyle.ISO8601) Duration retryDelay,
            @DurationFormat(DurationStyle.ISO8601) Duration retryDelayMax,
            Integer maxAttempts,
            @DurationFormat(DurationStyle.ISO8601) Duration parkedDelay,
            @DurationFormat(DurationStyle.ISO8601) Duration parkedDelayMax,
            String retrySchedule) {

        public Inbox {
            requireAtLeast(1, batchSize, "inventory.inbox.batch-size");
            requireAtLeast(0, maxRetries, "inventory.inbox.max-retries");
            requirePositive(retryDelay, "inventory.inbox.retry-delay");
            requirePositive(retryDelayMax, "inventory.inbox.retry-delay-max");
            requireAtLeast(1, maxAttempts, "inventory.inbox.max-attempts");
            requirePositive(parkedDelay, "inventory.inbox.parked-delay");
            requirePositive(parkedDelayMax, "inventory.inbox.parked-delay-max");
            requireSchedule(retrySchedule, "inventory.inbox.retry-schedule");
        }
    }

    /**
     * @param ttl How long a reservation lasts before it expires; ISO-8601 duration.
     * @param expirySchedule When to release expired reservations; Quartz cron expression.
     * @param expiryBatchSize Reservations released in one transaction, at least 1.
     */
    public record Reservation(
            @DurationFormat(DurationStyle.ISO8601) Duration ttl,
            String expirySchedule,
            Integer expiryBatchSize) {

        public Reservation {
            requirePositive(ttl, "inventory.reservation.ttl");
            requireSchedule(expirySchedule, "inventory.reservation.expiry-schedule");
            requireAtLeast(1, expiryBatchSize, "inventory.reservation.expiry-batch-size");
        }
    }

    /**
     * @param schedule When to look for events for which nothing has woken the relay; Quartz cron expression.
     * @param batchSize     Events published in one transaction, at least 1.
     * @param retryDelayMax Longest delay of an event that the broker refuses; the first is a second; ISO-8601 duration.
     * @param outagePause Pause of the relay while the broker or the database is unavailable; ISO-8601 duration.
     */
    public record Outbox(
            String schedule,
            Integer batchSize,
            @DurationFormat(DurationStyle.ISO8601) Duration retryDelayMax,
            @DurationFormat(DurationStyle.ISO8601) Duration outagePause) {

        public Outbox {
            requireSchedule(schedule, "inventory.outbox.schedule");
            requireAtLeast(1, batchSize, "inventory.outbox.batch-size");
            requirePositive(retryDelayMax, "inventory.outbox.retry-delay-max");
            requirePositive(outagePause, "inventory.outbox.outage-pause");
        }
    }

    /**
     * @param schedule       When to fold new events into the read model; Quartz cron expression.
     * @param batchSize      Events folded in one transaction, at least 1.
     * @param rebuildAtStart Whether to rebuild the read model when the worker starts.
     */
    public record Summary(
            String schedule,
            Integer batchSize,
            Boolean rebuildAtStart) {

        public Summary {
            requireSchedule(schedule, "inventory.summary.schedule");
            requireAtLeast(1, batchSize, "inventory.summary.batch-size");
        }
    }

    /** @param schedule When to measure the backlog in the database; Quartz cron expression. */
    public record Metrics(String schedule) {

        public Metrics {
            requireSchedule(schedule, "inventory.metrics.schedule");
        }
    }

    /** @param schedule When to check the invariants of the stock; Quartz cron expression. */
    public record Reconciliation(String schedule) {

        public Reconciliation {
            requireSchedule(schedule, "inventory.reconciliation.schedule");
        }
    }

    /**
     * @param token Bearer token of the operator's actions, at least 32 characters; without it the actions are off. For several
     *              operators name:token, separated by commas; an action is then recorded under that name. A secret.
     */
    public record Operator(String token) {

        private static final int MIN_LENGTH = 32;

        public Operator {
            // The value is not shown: it may be most of a secret.
            if (parse(token).keySet().stream().anyMatch(one -> one.length() < MIN_LENGTH)) {
                throw new InvalidSettingException("inventory.operator.token is too short: put at least " + MIN_LENGTH
                    + " characters there, for each operator");
            }
        }

        /** The names of the operators by their tokens; null for a token without a name. */
        public Map<String, String> names() {
            return parse(token);
        }

        private static Map<String, String> parse(String tokens) {
            Map<String, String> names = new HashMap<>();
            for (String one : tokens == null ? new String[0] : tokens.strip().split("\\s*,\\s*")) {
                int colon = one.indexOf(':');
                names.put(one.substring(colon + 1), colon < 0 ? null : one.substring(0, colon));
            }
            return names;
        }

        /** Without the secret, so that no line of a log can show it. */
        @Override
        public String toString() {
            return "Operator[]";
        }
    }

    /**
     * @param inbox How long a processed message is kept; ISO-8601 duration. Its duplicates are recognised for that time.
     * @param outbox    How long a published event is kept; ISO-8601 duration.
     * @param dead How long a failed message is kept, to be replayed; ISO-8601 duration. Parked messages are not deleted.
     * @param schedule When to delete older rows; Quartz cron expression.
     * @param batchSize Rows deleted in one transaction, at least 1.
     */
    public record Retention(
            @DurationFormat(DurationStyle.ISO8601) Duration inbox,
            @DurationFormat(DurationStyle.ISO8601) Duration outbox,
            @DurationFormat(DurationStyle.ISO8601) Duration dead,
            String schedule,
            Integer batchSize) {

        public Retention {
            requirePositive(inbox, "inventory.retention.inbox");
            requirePositive(outbox, "inventory.retention.outbox");
            requirePositive(dead, "inventory.retention.dead");
            requireSchedule(schedule, "inventory.retention.schedule");
            requireAtLeast(1, batchSize, "inventory.retention.batch-size");
        }
    }

    /**
     * @param queryTimeout Timeout of a query, in seconds, at least 1.
     * @param maxRequests Requests that a port serves at the same time, at least 1; further ones are answered with 503.
     * @param maxRequestsPerAddress Requests that one address may have at the same time, at least 1; further ones are answered with 429.
     *                              All requests through a proxy have the proxy's address, unless server.forward-headers-strategy is
     *                              native.
     * @param allowedHosts Public host names of page and API, such as that of an ingress; * for any. Addresses, names without a dot and
     *                              names of a cluster or a local network need not be listed.
     */
    public record Api(
            Integer queryTimeout,
            Integer maxRequests,
            Integer maxRequestsPerAddress,
            List<String> allowedHosts) {

        public Api {
            requireAtLeast(1, queryTimeout, "inventory.api.query-timeout");
            requireAtLeast(1, maxRequests, "inventory.api.max-requests");
            requireAtLeast(1, maxRequestsPerAddress, "inventory.api.max-requests-per-address");
            allowedHosts = allowedHosts == null ? List.of() : allowedHosts;
        }
    }

    /**
     * @param schedule When to look for changes while a client listens; Quartz cron expression, at least every five seconds.
     * @param maxClients Clients that may listen at the same time, each with a thread of its own; 0 turns the stream off.
     * @param maxClientsPerAddress Clients that one address may have, at least 1.
     * @param heartbeat Time without a change after which a comment is sent; ISO-8601 duration.
     */
    public record Stream(
            String schedule,
            Integer maxClients,
            Integer maxClientsPerAddress,
            @DurationFormat(DurationStyle.ISO8601) Duration heartbeat) {

        public Stream {
            requireSchedule(schedule, "inventory.stream.schedule");
            requireAtLeast(0, maxClients, "inventory.stream.max-clients");
            requireAtLeast(1, maxClientsPerAddress, "inventory.stream.max-clients-per-address");
            requirePositive(heartbeat, "inventory.stream.heartbeat");
        }
    }

    private static void requireAtLeast(int least, int number, String setting) {
        require(number >= least, setting, number, "a number of at least " + least);
    }

    private static void requireBetween(int least, int most, int number, String setting) {
        require(number >= least && number <= most, setting, number, "a number from " + least + " to " + most);
    }

    private static void requireSchedule(String cron, String setting) {
        try {
            require(new CronExpression(cron).getNextValidTimeAfter(new Date()) != null, setting, cron + ", which never comes", SCHEDULE);
        } catch (ParseException e) {
            throw new InvalidSettingException(setting, cron, SCHEDULE);
        }
    }

    private static void requirePositive(Duration duration, String setting) {
        require(duration.compareTo(SHORTEST) >= 0 && duration.compareTo(LONGEST) <= 0, setting, duration, DURATION);
    }

    /** PostgreSQL counts its timeouts in milliseconds, as an integer. */
    private static void requireAtMostADay(Duration duration, String setting) {
        require(duration.compareTo(SHORTEST) >= 0 && duration.compareTo(Duration.ofDays(1)) <= 0, setting, duration,
            "a duration from PT0.001S to P1D, such as PT5S,");
    }

    /**
     * Reads a duration as Spring Boot does for these settings.
     *
     * @param setting its name, which need not be one of these settings
     * @throws InvalidSettingException that names the setting and the value
     */
    public static Duration duration(String setting, String text) {
        try {
            Duration duration = Duration.parse(text);
            requirePositive(duration, setting);
            return duration;
        } catch (DateTimeParseException e) {
            throw new InvalidSettingException(setting, text, DURATION);
        }
    }
}
