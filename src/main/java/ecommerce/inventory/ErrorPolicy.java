package ecommerce.inventory;

import ecommerce.inventory.inbox.Failures;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when a step fails, for the routes that name one of these by {@code routeConfigurationId}:
 * <dl>
 * <dt>retry-transaction</dt>
 * <dd>around a transaction: tries again from outside of it, with growing delays and jitter. While PostgreSQL is away
 * it never gives up, so the message is held and its lock renewed; a fault of the message is never retried.</dd>
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

    private final InventoryProperties settings;

    public ErrorPolicy(InventoryProperties settings) {
        this.settings = settings;
    }

    @Override
    public void configuration() {
        routeConfiguration("retry-transaction")
            .onException(Exception.class)
                .retryWhile(this::retry)
                .redeliveryDelay(settings.inbox().retryDelay().toMillis())
                .useExponentialBackOff().backOffMultiplier(BACK_OFF_MULTIPLIER)
                .maximumRedeliveryDelay(settings.inbox().retryDelayMax().toMillis())
                .useCollisionAvoidance().collisionAvoidancePercent(JITTER_PERCENT)
                .retryAttemptedLogLevel(LoggingLevel.DEBUG)
                // The consumer says what became of the message.
                .logExhausted(false);

        RouteConfigurationDefinition insufficient = routeConfiguration("tell-insufficient");
        insufficient.onException(InsufficientInventoryException.class)
            .handled(true)
            .to("sql:classpath:sql/insufficient-inventory.sql?parametersCount=5").id("tell-insufficient");
        insufficient.onException(Exception.class).logExhausted(false);

        routeConfiguration()
            .onException(Exception.class).logExhausted(false);

        routeConfiguration("wait-out-outage")
            .onException(Exception.class)
                .handled(true)
                .process(exchange -> LOG.warn("The relay pauses for {}: {}", settings.outbox().outagePause(), rootCause(exchange)))
                .delay(settings.outbox().outagePause().toMillis()).syncDelayed();

        routeConfiguration("until-next-time")
            .onException(Exception.class)
                .handled(true)
                .process(exchange -> LOG.warn("{} failed and goes on at its next time: {}", exchange.getFromRouteId(), rootCause(exchange)));
    }

    private static String rootCause(Exchange exchange) {
        Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage();
    }

    private boolean retry(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (Failures.invalidMessage(failure).isPresent() || exchange.getContext().isStopping()) {
            return false;
        }
        int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class);
        boolean away = Failures.databaseAway(failure);
        if (attempt % LOGGED_ATTEMPT == 1) {
            LOG.warn("{}, try {} of a message: {}", away ? "PostgreSQL is away, the message is held" : "Transaction rolled back",
                attempt, rootCause(exchange));
        }
        return away || attempt <= settings.inbox().maxRetries();
    }
}
