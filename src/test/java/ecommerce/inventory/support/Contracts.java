package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import org.springframework.core.io.ClassPathResource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import servicebus.BrowsedMessage;

/** The public contracts, and checks that messages match them. */
public final class Contracts {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The contract of all messages. */
    public static final JsonNode ASYNCAPI = read("contracts/asyncapi.yaml");

    private Contracts() {
    }

    /** Reads a YAML file from the class path. A duplicate key is an error. */
    public static JsonNode read(String file) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try {
            return JSON.valueToTree(new Yaml(options).load(new ClassPathResource(file).getInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The target of a {@code $ref} in the contract of messages. */
    public static JsonNode resolve(JsonNode reference) {
        return ASYNCAPI.requiredAt(reference.get("$ref").textValue().substring(1));
    }

    /** Checks an event against its contract: body, application properties, and properties of Service Bus. */
    public static void assertKept(BrowsedMessage event) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("MessageId", event.messageId());
        properties.put("Subject", event.subject());
        properties.put("CorrelationId", event.correlationId());
        properties.put("ContentType", event.contentType());
        properties.values().removeIf(Objects::isNull);
        try {
            assertKept(event.subject(), JSON.readTree(event.body()), event.applicationProperties(), properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Checks a message against its contract, formats included.
     *
     * @param name       of the message
     * @param headers    its application properties
     * @param properties of Service Bus, by its names
     */
    public static void assertKept(String name, JsonNode payload, Object headers, Object properties) {
        JsonNode message = ASYNCAPI.requiredAt("/components/messages/" + name);
        String trait = message.requiredAt("/traits/0/$ref").textValue();
        assertKept("#/components/messages/" + name + "/payload", payload);
        assertKept(trait + "/headers", JSON.valueToTree(headers));
        assertKept(trait + "/x-service-bus-properties", JSON.valueToTree(properties));
    }

    private static void assertKept(String schema, JsonNode json) {
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(SchemaLocation.of("classpath:contracts/asyncapi.yaml" + schema))
            .validate(json, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true)))
            .as("%s by %s", json, schema).isEmpty();
    }
}
