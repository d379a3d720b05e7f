package ecommerce.inventory.inbox;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;

/**
 * Makes a variable of each field of the body, a map. Expressions read a variable by its name, but a field of the body by reflection,
 * which is too slow to do for each order. A field that is null sets no variable.
 */
public class ToVariables implements Processor {

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws InvalidPayloadException {
        ((Map<String, Object>) exchange.getMessage().getMandatoryBody(Map.class)).forEach(exchange::setVariable);
    }
}
