package ecommerce.inventory.failure;

import java.time.Duration;

import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The error handling that YAML cannot express; the rest is in {@code errors.camel.yaml}. Routes choose one of these by
 * {@code routeConfigurationId}:
 * <dl>
 * <dt>publish-insufficient</dt>
 * <dd>in a handler: a shortage is published as InventoryInsufficient, in the transaction of the handler. It is a required part of the
 * product, and so is {@link InsufficientInventoryException}.</dd>
 * <dt>wait-out-outage</dt>
 * <dd>around the relay: logs one line and pauses; the pause is a setting.</dd>
 * </dl>
 * A route that names none propagates its failure to its caller, which logs it or decides the outcome of the message.
 */
public class ErrorPolicy extends RouteConfigurationBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorPolicy.class);

    private final Duration outagePause;

    public ErrorPolicy(Duration outagePause) {
        this.outagePause = outagePause;
    }

    @Override
    public void configuration() {
        RouteConfigurationDefinition insufficient = routeConfiguration("publish-insufficient");
        insufficient.onException(InsufficientInventoryException.class)
            .handled(true)
            .to("sql:classpath:routes/handlers/insufficient-inventory.sql").id("publish-insufficient");
        insufficient.onException(Exception.class).logExhausted(false);

        routeConfiguration()
            .onException(Exception.class).logExhausted(false);

        routeConfiguration("wait-out-outage")
            .onException(Exception.class)
                .handled(true)
                .process(exchange -> LOG.warn("The relay pauses for {}: {}", outagePause,
                    Failures.rootCause(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class))))
                .delay(outagePause.toMillis()).syncDelayed();
    }
}
