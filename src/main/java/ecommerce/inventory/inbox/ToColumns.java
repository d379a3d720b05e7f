package ecommerce.inventory.inbox;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;

/**
 * Turns messages, which are maps, into the parameters of one statement for all of them: for each key an array with one element per
 * message. As a step of a route it converts the body.
 */
public class ToColumns implements Processor {

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws InvalidPayloadException {
        exchange.getMessage().setBody(of(exchange.getMessage().getMandatoryBody(List.class)));
    }

    /**
     * @param messages with the same keys; at least one
     * @return for each key the values of the messages as text, null for null
     */
    public static Map<String, String[]> of(List<Map<String, Object>> messages) {
        Map<String, String[]> columns = new HashMap<>();
        for (String key : messages.get(0).keySet()) {
            columns.put(key, messages.stream().map(message -> text(message.get(key))).toArray(String[]::new));
        }
        return columns;
    }

    private static String text(Object value) {
        return value == null ? null : value.toString();
    }
}
