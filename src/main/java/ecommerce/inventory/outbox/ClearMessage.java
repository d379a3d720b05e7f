package ecommerce.inventory.outbox;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Takes away what a message carries: its headers; its body, where Camel would look for the parameters of SQL; and its span, so that what
 * is done from here has a trace of its own.
 */
public class ClearMessage implements Processor {

    @Override
    public void process(Exchange exchange) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(null);
        exchange.removeProperties("tracing.*");
    }
}
