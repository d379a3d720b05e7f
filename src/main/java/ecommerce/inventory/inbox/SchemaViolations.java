package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.SchemaViolation;

import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.ValidationMessage;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.text.UntrustedText;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.jsonvalidator.JsonValidatorErrorHandler;

/**
 * Reports the first violation of a schema by field and value, as the description of a dead-lettered message. The value is shown only if
 * it and what the schema expects there are scalars; a value in place of an object or a list may be anything, even a customer's address.
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
            (path.isEmpty() ? "body" : path) + ": " + rule + value(first.getInstanceNode(), place(schema, first)));
    }

    @Override
    public void handleErrors(Exchange exchange, JsonSchema schema, Exception e) {
        throw RuntimeCamelException.wrapRuntimeCamelException(e);
    }

    /** The part of the schema that the value violates. */
    private static JsonNode place(JsonSchema schema, ValidationMessage violation) {
        // The last part is the keyword that is violated.
        return schema.getSchemaNode().at(violation.getSchemaLocation().getFragment().getParent().toString());
    }

    private static boolean isScalar(JsonNode place) {
        String types = place.path("type").toString();
        return place.has("enum") || place.has("type") && !types.contains("\"object\"") && !types.contains("\"array\"");
    }

    private static String value(JsonNode node, JsonNode place) {
        if (node == null || node.isContainerNode() || !isScalar(place)) {
            return "";
        }
        return ", but is " + UntrustedText.excerpt(node.toString(), MAX_VALUE_LENGTH);
    }
}
