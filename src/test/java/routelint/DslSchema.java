package routelint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;

/** The JSON Schema of Camel's YAML DSL. */
final class DslSchema {

    private static final JsonNode DOCUMENT = read();
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4)
        .getSchema(DOCUMENT, SchemaValidatorsConfig.builder().locale(Locale.ROOT).build());
    private static final Set<String> ALTERNATIVES = Set.of("oneOf", "anyOf", "not");

    private DslSchema() {
    }

    private static JsonNode read() {
        try {
            return new ObjectMapper().readTree(DslSchema.class.getResource("/schema/camelYamlDsl.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The definition of a top-level entry of a file. */
    static JsonNode top() {
        return DOCUMENT.path("items");
    }

    /** The definition of the value of a key, or of its items if it is a list; a missing node if there is none. */
    static JsonNode definition(JsonNode definition, String key) {
        JsonNode property = Stream.concat(Stream.of(definition), alternatives(definition))
            .map(one -> one.path("properties").path(key)).filter(found -> !found.isMissingNode()).findFirst().orElse(MissingNode.getInstance());
        JsonNode items = property.path("items");
        JsonNode one = items.isMissingNode() ? property : items;
        String reference = one.path("$ref").asText(null);
        return reference == null ? one : DOCUMENT.at(reference.substring(1));
    }

    static boolean allows(JsonNode definition, String key) {
        return !definition(definition, key).isMissingNode();
    }

    private static Stream<JsonNode> alternatives(JsonNode definition) {
        return IntStream.range(0, definition.path("oneOf").size()).mapToObj(definition.path("oneOf")::path);
    }

    /**
     * A violation of the schema.
     *
     * @param path keys and indexes that lead to the place
     * @param key  the wrong key at that place, or null
     */
    record Fault(List<Object> path, String key, String text) {
    }

    /** If all alternatives are violated, only the most specific faults are reported: those of the alternative that the author meant. */
    static List<Fault> validate(JsonNode document) {
        Set<ValidationMessage> all = SCHEMA.validate(document);
        List<ValidationMessage> concrete = all.stream().filter(message -> !ALTERNATIVES.contains(message.getType())).toList();
        List<ValidationMessage> specific = concrete.stream()
            .filter(message -> !(inAlternative(message) && concrete.stream().anyMatch(other -> isMoreSpecific(other, message))))
            .filter(message -> !(message.getType().equals("type") && message.getInstanceNode().asText().contains("{{"))).toList();
        return (concrete.isEmpty() ? all.stream() : specific.stream()).map(DslSchema::fault).distinct().toList();
    }

    private static boolean inAlternative(ValidationMessage message) {
        return ALTERNATIVES.stream().anyMatch(message.getEvaluationPath()::contains);
    }

    private static boolean isMoreSpecific(ValidationMessage one, ValidationMessage other) {
        return one.getInstanceLocation().equals(other.getInstanceLocation())
            ? one.getType().equals("additionalProperties") && !other.getType().equals("additionalProperties")
            : one.getInstanceLocation().startsWith(other.getInstanceLocation());
    }

    private static Fault fault(ValidationMessage message) {
        JsonNodePath location = message.getInstanceLocation();
        List<Object> path = IntStream.range(0, location.getNameCount()).mapToObj(location::getElement).toList();
        if (message.getType().equals("additionalProperties")) {
            Set<String> allowed = new LinkedHashSet<>();
            at(message.getSchemaLocation().getFragment().getParent()).path("properties").fieldNames().forEachRemaining(allowed::add);
            return new Fault(path, message.getProperty(), "there is no " + message.getProperty() + " in " + parent(path)
                + Suggestion.of(allowed, message.getProperty()));
        }
        return new Fault(path, null, message.getMessage().substring(location.toString().length()).replaceFirst("^: ", parent(path) + ": "));
    }

    private static String parent(List<Object> path) {
        return path.stream().filter(String.class::isInstance).map(String.class::cast).reduce((first, last) -> last).orElse("the file");
    }

    private static JsonNode at(JsonNodePath path) {
        JsonNode node = DOCUMENT;
        for (int i = 0; i < path.getNameCount(); i++) {
            node = path.getElement(i) instanceof Integer index ? node.path(index) : node.path(path.getName(i));
        }
        return node;
    }
}
