package ecommerce.inventory.transaction;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;

/**
 * For the splits of handlers: afterwards the body is the list of the messages for which no step {@code stop} was reached, or null if there
 * is none. A step changes a message by its variable {@code messageBody}. The first failure is that of the list: in the transaction that it
 * has aborted those of later messages say nothing. (Camel's {@code stopOnException} cannot be used: it takes a {@code stop} for a
 * failure.)
 */
public class RemainingMessages implements AggregationStrategy {

    private static final String BODY = "messageBody";

    /** Without the variables of the messages, as none of them is that of the list. */
    @Override
    @SuppressWarnings("unchecked")
    public Exchange aggregate(Exchange result, Exchange one) {
        Exchange all = result == null ? new DefaultExchange(one.getContext()) : result;
        if (one.getException() != null || all.getException() != null) {
            all.setException(all.getException() != null ? all.getException() : one.getException());
        } else if (!one.isRouteStop()) {
            if (all.getMessage().getBody() == null) {
                all.getMessage().setBody(new ArrayList<>());
            }
            all.getMessage().getBody(List.class).add(message(one));
        }
        return all;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> message(Exchange one) {
        Map<String, Object> message = one.getVariable(MessageList.MESSAGE, Map.class);
        String body = one.getVariable(BODY, String.class);
        if (body.equals(message.get(BODY))) {
            return message;
        }
        Map<String, Object> changed = new HashMap<>(message);
        changed.put(BODY, body);
        return changed;
    }
}
