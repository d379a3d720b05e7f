package ecommerce.inventory.inbox;

import java.util.HashMap;
import java.util.Map;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.LockedException;
import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.settings.InventoryProperties;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.util.ObjectHelper;

/**
 * Makes of a message that has failed the parameters of the SQL that parks it: those of the message (variable
 * {@code message}), its id should its MessageId be another's ({@code ownMessageId}), what has failed ({@code error}), whether a
 * further attempt can help ({@code hopeless}), and the settings {@code maxAttempts}, {@code parkedDelay} and
 * {@code parkedDelayMax}, these two in seconds.
 * <p>
 * A failure that says nothing of a message is thrown on: the database is away, or no message was taken. So nothing is burnt by an
 * outage; a message whose handling costs it its connection while the database answers has failed as any other. No message is dead
 * because of a row that another transaction has locked.
 */
public class FailedAttempt implements Processor {

    private final InventoryProperties.Inbox settings;
    private final Outages outages;

    public FailedAttempt(InventoryProperties.Inbox settings, Outages outages) {
        this.settings = settings;
        this.outages = outages;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Map<String, Object> message = exchange.getVariable("message", Map.class);
        if (message == null || outages.isOutage(failure)) {
            throw failure;
        }
        Map<String, Object> parameters = new HashMap<>(message);
        parameters.put("ownMessageId", InboxRepository.ownId(message));
        parameters.put("error", Failures.rootCause(failure));
        parameters.put("hopeless", Failures.invalidMessage(failure).isPresent());
        // Nobody's fault, and over when the other transaction is.
        boolean locked = Failures.lockTimeout(failure) || ObjectHelper.getException(LockedException.class, failure) != null;
        parameters.put("maxAttempts", locked ? Integer.MAX_VALUE : settings.maxAttempts());
        parameters.put("parkedDelay", settings.parkedDelay().toMillis() / 1e3);
        parameters.put("parkedDelayMax", settings.parkedDelayMax().toMillis() / 1e3);
        exchange.getMessage().setBody(parameters);
    }
}
