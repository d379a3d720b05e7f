package ecommerce.inventory.inbox;

import java.util.List;
import java.util.Map;

import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.tracing.LogFields;
import ecommerce.inventory.transaction.MessageList;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Prepares an exchange for the handler of a parked message: the body is its row of {@code routes/inbox/take-parked-message.sql}, as a
 * list of one ({@link MessageList}), and variable {@code messageType} is its type. Log lines carry its fields until the exchange is done.
 * A row whose type no source accepts causes an {@link InvalidMessageException}, so that a writer of the table cannot choose which route
 * runs.
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
        List<Map<String, Object>> messages = exchange.getMessage().getMandatoryBody(List.class);
        Map<String, Object> message = messages.get(0);
        exchange.setProperty(MessageList.MESSAGE, message);
        exchange.setVariable("messageType", message.get("messageType"));
        MessageList.set(exchange, messages);
        LogFields.put((String) message.get("sourceMessageId"), (String) message.get("orderId"));
        if (!exchange.getExchangeExtension().containsOnCompletion(CLEAR_LOG_FIELDS)) {
            exchange.getExchangeExtension().addOnCompletion(CLEAR_LOG_FIELDS);
        }
        AcceptedTypes.requireOfAnySource(exchange.getContext(), (String) message.get("messageType"));
    }
}
