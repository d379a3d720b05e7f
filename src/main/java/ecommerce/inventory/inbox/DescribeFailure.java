package ecommerce.inventory.inbox;

import java.util.HashMap;
import java.util.Map;

import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.LockedException;
import ecommerce.inventory.failure.Outages;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.transaction.MessageList;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.util.ObjectHelper;

/**
 * Turns a failed message into the parameters of the SQL that parks it: those of the message (exchange property {@code message}), its id if
 * its MessageId belongs to another message ({@code ownMessageId}), the cause ({@code error}), whether a retry cannot help ({@code
 * hopeless}), and the settings {@code maxAttempts}, {@code parkedDelay} and {@code parkedDelayMax}, the last two in seconds.
 * <p>
 * A failure that no message caused is rethrown: the database is unavailable, or no message was taken. So an outage uses up no delivery
 * attempt. A message that breaks its connection while the database answers has failed like any other. No message becomes dead because
 * another transaction holds a lock.
 */
public class DescribeFailure implements Processor {

    private final InventoryProperties.Inbox settings;
    private final Outages outages;

    public DescribeFailure(InventoryProperties.Inbox settings, Outages outages) {
        this.settings = settings;
        this.outages = outages;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Map<String, Object> message = MessageList.message(exchange);
        if (message == null || outages.isOutage(failure)) {
            throw failure;
        }
        Map<String, Object> parameters = new HashMap<>(message);
        parameters.put("ownMessageId", InboxRepository.ownId(message));
        parameters.put("error", Failures.rootCause(failure));
        parameters.put("hopeless", Failures.invalidMessage(failure).isPresent());
        // Not the message's fault: the failure passes when the other transaction ends.
        boolean locked = Failures.lockTimeout(failure) || ObjectHelper.getException(LockedException.class, failure) != null;
        parameters.put("maxAttempts", locked ? Integer.MAX_VALUE : settings.maxAttempts());
        parameters.put("parkedDelay", settings.parkedDelay().toMillis() / 1e3);
        parameters.put("parkedDelayMax", settings.parkedDelayMax().toMillis() / 1e3);
        exchange.getMessage().setBody(parameters);
    }
}
