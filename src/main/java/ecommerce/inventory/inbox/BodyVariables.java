package ecommerce.inventory.inbox;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;

/**
 * Makes a variable of each field of the body, which is a map. Expressions find a variable by its name, and what is in the body only
 * by reflection, which costs too much where it is done for each order. A field that is null leaves no variable.
 */
public class BodyVariables implements Processor {

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) throws InvalidPayloadException {
        ((Map<String, Object>) exchange.getMessage().getMandatoryBody(Map.class)).forEach(exchange::setVariable);
    }
}
