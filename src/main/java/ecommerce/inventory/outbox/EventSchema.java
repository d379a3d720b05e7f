package ecommerce.inventory.outbox;

import java.util.HashSet;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import ecommerce.inventory.inbox.InboundSchema;
import ecommerce.inventory.inbox.SchemaFile;
import org.apache.camel.CamelContext;

/** The JSON Schema of an event: {@code contracts/out/<type>.schema.json}. {@code x-partition-key} names the field of its partition key. */
final class EventSchema {

    private final String file;
    private final JsonNode content;
    private final JsonSchema validator;

    private EventSchema(String file, JsonNode content) {
        this.file = file;
        this.content = content;
        this.validator = InboundSchema.validators().getSchema(content);
        if (!SchemaFile.requires(content, key())) {
            throw new IllegalArgumentException(file + ": " + SchemaFile.PARTITION_KEY + " has to name a required field, such as orderId; events "
                + "with the same value are published in their order");
        }
    }

    /** @throws IllegalArgumentException that names the file, if it is missing or names no key */
    static EventSchema read(CamelContext camel, String type) {
        String file = "contracts/out/" + type + ".schema.json";
        JsonNode content = SchemaFile.read(camel, file);
        if (content == null) {
            throw new IllegalArgumentException("outbox:" + type + " needs " + file + ", the schema of the event");
        }
        return new EventSchema(file, content);
    }

    String key() {
        return content.path(SchemaFile.PARTITION_KEY).asText();
    }

    /** The names of all fields. */
    Set<String> fields() {
        Set<String> names = new HashSet<>();
        content.path("properties").fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Whether a field is a string and nothing else. */
    boolean isText(String field) {
        return content.at("/properties/" + field + "/type").asText().equals("string");
    }

    /** Whether a field is a point in time. */
    boolean isTime(String field) {
        return content.at("/properties/" + field + "/format").asText().equals("date-time");
    }

    /** @throws IllegalStateException that names the first field at fault */
    void require(ObjectNode event) {
        validator.validate(event).stream().findFirst().ifPresent(violation -> {
            throw new IllegalStateException("The event does not keep to " + file + ": " + violation.getMessage());
        });
    }
}
