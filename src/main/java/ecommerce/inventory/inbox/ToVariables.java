package ecommerce.inventory.inbox;

import java.util.Map;

import ecommerce.inventory.transaction.MessageList;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;

/**
 * The first step of a split that gets one message of a list: makes a variable of each field of the body, a map, and of the map itself
 * (variable {@code message}). Expressions read a variable by its name, but a field of the body by reflection, which is too slow to do for
 * each order. A field that is null sets no variable.
 */
public class ToVariables implements Processor {

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws InvalidPayloadException {
        Map<String, Object> message = exchange.getMessage().getMandatoryBody(Map.class);
        // Not setVariable, which looks for a converter of each value into a stream.
        Map<String, Object> variables = exchange.getVariables();
        variables.put(MessageList.MESSAGE, message);
        message.forEach((field, value) -> variables.compute(field, (name, before) -> value));
    }
}
