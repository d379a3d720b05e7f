package ecommerce.inventory.inbox;

import static ecommerce.inventory.inbox.InvalidMessageException.Reason.SchemaViolation;

import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.ValidationMessage;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.jsonvalidator.JsonValidatorErrorHandler;

/**
 * Tells the first violation of a schema by field and value, as the description of a dead-lettered message.
 * Values of the shipping address are the customer's and are left out.
 */
public class SchemaViolations implements JsonValidatorErrorHandler {

    private static final int MAX_VALUE_LENGTH = 64;

    @Override
    public void handleErrors(Exchange exchange, JsonSchema schema, Set<ValidationMessage> errors) {
        ValidationMessage first = errors.iterator().next();
        String path = first.getInstanceLocation().toString().replaceFirst("^\\$\\.?", "");
        // The validator's message begins with the path in its own notation.
        String rule = first.getMessage().replaceFirst("^\\S*: ", "");
        throw new InvalidMessageException(SchemaViolation,
            (path.isEmpty() ? "body" : path) + ": " + rule + value(path, first.getInstanceNode()));
    }

    @Override
    public void handleErrors(Exchange exchange, JsonSchema schema, Exception e) {
        throw RuntimeCamelException.wrapRuntimeCamelException(e);
    }

    private static String value(String path, JsonNode node) {
        if (node == null || node.isContainerNode() || path.startsWith("shippingAddress")) {
            return "";
        }
        String value = node.toString();
        return ", but is " + (value.length() <= MAX_VALUE_LENGTH ? value : value.substring(0, MAX_VALUE_LENGTH) + "…");
    }
}
