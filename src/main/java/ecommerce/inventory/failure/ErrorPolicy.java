package ecommerce.inventory.failure;

import ecommerce.inventory.settings.InventoryProperties;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when a step fails, for the routes that name one of these by {@code routeConfigurationId}:
 * <dl>
 * <dt>retry-transaction</dt>
 * <dd>around a transaction: tries again from outside of it, with growing delays and jitter. While PostgreSQL is away
 * it never gives up, so the message is held and its lock renewed; a fault of the message is never retried. What keeps
 * failing while PostgreSQL answers is parked in the inbox, and the message is done; at once if it has waited for a locked product.</dd>
 * <dt>tell-insufficient</dt>
 * <dd>in a handler: a shortage is published as InventoryInsufficient, in the transaction of the handler.</dd>
 * <dt>wait-out-outage</dt>
 * <dd>around the relay: one line in the log, and a pause.</dd>
 * <dt>until-next-time</dt>
 * <dd>around what the clock starts: one line in the log; the clock starts it again.</dd>
 * </dl>
 * A route that names none lets its failure pass to the one that called it, which says what became of the message.
 */
public class ErrorPolicy extends RouteConfigurationBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorPolicy.class);
    /** In a long outage every tenth try of a message is logged. */
    private static final int LOGGED_ATTEMPT = 10;
    private static final double BACK_OFF_MULTIPLIER = 2;
    private static final double JITTER_PERCENT = 50;
    /** How often the transaction of a message has failed that was not by an outage; a property of its exchange. */
    private static final String FAILURES = "inventoryFailures";

    private final InventoryProperties settings;
    private final Processor failedAttempt;
    private final Outages outages;

    /** @param failedAttempt makes of a failure what is kept in the inbox */
    public ErrorPolicy(InventoryProperties settings, Processor failedAttempt, Outages outages) {
        this.settings = settings;
        this.failedAttempt = failedAttempt;
        this.outages = outages;
    }

    @Override
    public void configuration() {
        RouteConfigurationDefinition retry = routeConfiguration("retry-transaction");
        // Of the message itself: the consumer dead-letters it. While the worker stops: another one shall have it.
        retry.onException(Exception.class)
            .onWhen(exchange -> Failures.invalidMessage(failure(exchange)).isPresent() || exchange.getVariable("message") == null
                || exchange.getContext().isStopping())
            .logExhausted(false)
            // A step of its own: without one Camel takes those of the failure before, and parks what is not to be parked.
            .log(LoggingLevel.DEBUG, LOG, "Not tried again: ${exception.message}");
        retry.onException(Exception.class)
            .retryWhile(this::retry)
            .redeliveryDelay(settings.inbox().retryDelay().toMillis())
            .useExponentialBackOff().backOffMultiplier(BACK_OFF_MULTIPLIER)
            .maximumRedeliveryDelay(settings.inbox().retryDelayMax().toMillis())
            .useCollisionAvoidance().collisionAvoidancePercent(JITTER_PERCENT)
            .retryAttemptedLogLevel(LoggingLevel.DEBUG)
            .logExhausted(false)
            .handled(true)
            .process(failedAttempt)
            .toV("sql:classpath:routes/inbox/park-message.sql?outputType=SelectOne&parametersCount=13", null, "parked").id("park-message")
            .filter(exchange -> exchange.getVariable("parked") == null)
                .throwException(IllegalStateException.class, "The message could not be parked: meanwhile its MessageId was "
                    + "used by another message. It is tried again when it is delivered again.")
            .end()
            .log(LoggingLevel.WARN, LOG, "Message ${variable.message[messageId]} (${variable.message[messageType]}) failed and is "
                + "${variable.parked}: ${body[error]}");

        RouteConfigurationDefinition insufficient = routeConfiguration("tell-insufficient");
        insufficient.onException(InsufficientInventoryException.class)
            .handled(true)
            .to("sql:classpath:routes/handlers/insufficient-inventory.sql?parametersCount=6").id("tell-insufficient");
        insufficient.onException(Exception.class).logExhausted(false);

        routeConfiguration()
            .onException(Exception.class).logExhausted(false);

        routeConfiguration("wait-out-outage")
            .onException(Exception.class)
                .handled(true)
                .process(exchange -> LOG.warn("The relay pauses for {}: {}", settings.outbox().outagePause(),
                    Failures.rootCause(failure(exchange))))
                .delay(settings.outbox().outagePause().toMillis()).syncDelayed();

        routeConfiguration("until-next-time")
            .onException(Exception.class)
                .handled(true)
                .process(exchange -> LOG.warn("{} failed and goes on at its next time: {}", exchange.getFromRouteId(),
                    Failures.rootCause(failure(exchange))));
    }

    private static Throwable failure(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }

    private boolean retry(Exchange exchange) {
        int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class);
        boolean away = outages.isOutage(failure(exchange));
        int failures = exchange.getProperty(FAILURES, 0, int.class) + (away ? 0 : 1);
        exchange.setProperty(FAILURES, failures);
        if (attempt % LOGGED_ATTEMPT == 1) {
            LOG.warn("{}, try {} of a message: {}", away ? Failures.outage(failure(exchange)) + ", the message is held" : "Transaction rolled back",
                attempt, Failures.rootCause(failure(exchange)));
        }
        return away || failures <= settings.inbox().maxRetries() && ObjectHelper.getException(LockedException.class, failure(exchange)) == null;
    }
}
