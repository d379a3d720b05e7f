package ecommerce.inventory.inbox;

import java.util.Map;

import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.tracing.LogFields;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Restores from a row of {@code routes/inbox/take-parked-message.sql}, the body, what {@link NormalizeMessage} sets for a new message: variables
 * {@code message}, {@code messageType} and {@code messageBody}, and the fields of log lines, until the exchange is done. A row whose
 * type no source accepts causes an {@link InvalidMessageException}, so that a writer of the table cannot choose which route runs.
 */
public class RestoreParkedMessage implements Processor {

    /** Shared, so that an exchange has it only once, however many messages it restores. */
    private static final Synchronization CLEAR_LOG_FIELDS = new SynchronizationAdapter() {
        @Override
        public void onDone(Exchange exchange) {
            LogFields.clear();
        }
    };

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws Exception {
        Map<String, Object> message = exchange.getMessage().getMandatoryBody(Map.class);
        exchange.setVariable("message", message);
        exchange.setVariable("messageType", message.get("messageType"));
        exchange.setVariable("messageBody", message.get("messageBody"));
        LogFields.put((String) message.get("sourceMessageId"), (String) message.get("orderId"));
        if (!exchange.getExchangeExtension().containsOnCompletion(CLEAR_LOG_FIELDS)) {
            exchange.getExchangeExtension().addOnCompletion(CLEAR_LOG_FIELDS);
        }
        AcceptedTypes.requireOfAnySource(exchange.getContext(), (String) message.get("messageType"));
    }
}
