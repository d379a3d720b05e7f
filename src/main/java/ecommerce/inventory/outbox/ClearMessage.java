package ecommerce.inventory.outbox;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Removes the headers of a message; its body, where Camel would look for the parameters of SQL; and its span, so that the steps from here
 * on have a trace of their own.
 */
public class ClearMessage implements Processor {

    @Override
    public void process(Exchange exchange) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(null);
        exchange.removeProperties("tracing.*");
    }
}
