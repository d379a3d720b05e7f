package ecommerce.inventory.transaction;

import java.util.List;
import java.util.Map;

import org.apache.camel.Exchange;

/**
 * The messages that a handler gets: always a list, the body, even of one. There "the message" has no fields: to read one as a variable
 * fails, instead of yielding the null that a route would take for a missing field. A split hands each message to {@code toVariables},
 * which makes its fields variables.
 */
public final class MessageList {

    /** Exchange property: the message that an exchange was received for, as the parameters of SQL. */
    public static final String MESSAGE = "message";
    /** The same for all messages of a list, as they have one handler. */
    private static final String TYPE = "messageType";

    private MessageList() {
    }

    /** The message that an exchange was received for; null if there is none. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> message(Exchange exchange) {
        return exchange.getProperty(MESSAGE, Map.class);
    }

    /** Makes the messages, which have the same keys, the body of an exchange whose handler comes next. */
    public static void set(Exchange exchange, List<Map<String, Object>> messages) {
        Map<String, Object> variables = exchange.getVariables();
        // Not setVariable, which reads a stream that it is given.
        variables.put(MESSAGE, new UnreadableField(MESSAGE));
        messages.get(0).keySet().stream().filter(field -> !field.equals(TYPE))
            .forEach(field -> variables.put(field, new UnreadableField(field)));
        exchange.getMessage().setBody(messages);
    }
}
