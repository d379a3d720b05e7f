package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.UnknownMessageType;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.text.UntrustedText;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.processor.SetVariableProcessor;
import org.apache.camel.support.DefaultExchange;

/**
 * The message types that a source accepts. A sender with access to one queue or topic can send only the types that belong there. The
 * receiving route declares them in its first step: it sets variable {@code acceptedTypes} to their names, separated by
 * commas.
 */
final class AcceptedTypes {

    private static final String VARIABLE = "acceptedTypes";
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final String ANY_NODE = "*";

    private AcceptedTypes() {
    }

    /**
     * @param given the type as it was sent, for the description
     * @throws InvalidMessageException if the source of the message does not accept the type
     */
    static void require(Exchange exchange, String type, String given) {
        List<String> accepted = types(exchange.getVariable(VARIABLE, String.class));
        if (!accepted.contains(type)) {
            throw new InvalidMessageException(UnknownMessageType, "Subject: the message type '" + UntrustedText.excerpt(given)
                + "' is not accepted from " + exchange.getFromRouteId() + ", which accepts " + (accepted.isEmpty()
                    ? "none: its route has to set variable acceptedTypes, parameter types of template inbox-subscription"
                    : String.join(", ", accepted)));
        }
    }

    /**
     * For a parked message, whose source is not recorded.
     *
     * @throws InvalidMessageException if no receiving route accepts the type
     */
    static void requireOfAnySource(CamelContext camel, String type) {
        Set<String> accepted = new TreeSet<>();
        camel.getRoutes().stream().flatMap(route -> route.filter(ANY_NODE).stream())
            .filter(node -> node instanceof SetVariableProcessor step && VARIABLE.equals(step.getVariableName()))
            .map(node -> ((SetVariableProcessor) node).getExpression().evaluate(new DefaultExchange(camel), String.class))
            .forEach(list -> accepted.addAll(types(list)));
        if (!accepted.contains(type)) {
            throw new InvalidMessageException(UnknownMessageType, "message_type: '" + UntrustedText.excerpt(String.valueOf(type))
                + "' is not accepted from any source of this worker; they accept " + String.join(", ", accepted));
        }
    }

    private static List<String> types(String list) {
        return list == null || list.isBlank() ? List.of() : Arrays.asList(COMMA.split(list.strip()));
    }
}
