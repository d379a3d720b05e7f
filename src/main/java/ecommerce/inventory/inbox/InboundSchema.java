package ecommerce.inventory.inbox;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SpecVersion.VersionFlag;
import org.apache.camel.CamelContext;

/**
 * What the JSON Schema of an inbound message declares besides validity:
 * <ul>
 * <li>Which fields are kept: those that are listed in {@code properties}, without those marked {@code "x-discard": true}. Unlisted
 * fields are kept where an object lists none, or allows others by one of {@link #OPEN}.</li>
 * <li>Which values are equal, so that equal content becomes equal text: an integer given for an id (a field of type string whose name
 * ends in Id) becomes its digits; a word of an {@code enum} may be in any case.</li>
 * <li>{@code x-partition-key}: the field that groups messages. While one is parked, later ones with the same value wait.</li>
 * </ul>
 */
public final class InboundSchema {

    private static final String DISCARD = "x-discard";
    /** Prefix of the partition keys of messages about an order, whose outcome does not depend on how often they are delivered. */
    private static final String OF_ORDER = "order/";
    /** Keywords by which a schema allows or describes fields outside {@code properties}. */
    private static final List<String> OPEN = List.of("additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames",
        "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas");

    private final String key;
    private final String kind;
    private final Kept kept;

    private InboundSchema(String key, JsonNode schema) {
        this.key = key;
        this.kind = key.replaceFirst("(?<=.)Id$", "") + '/';
        this.kept = Kept.by("", schema);
    }

    /**
     * @param schema the schema of a message
     * @throws IllegalArgumentException that names keyword and value, if the schema declares no usable partition key
     */
    public static InboundSchema of(JsonNode schema) {
        String key = schema.path(SchemaFile.PARTITION_KEY).asText();
        JsonNode field = schema.path("properties").path(key);
        if (!SchemaFile.requires(schema, key) || !field.path("type").asText().equals("string") || field.path(DISCARD).asBoolean()) {
            throw new IllegalArgumentException(SchemaFile.PARTITION_KEY + " is '" + key + "'; it has to name a field that is listed in "
                + "properties, is required, of type string, and is not discarded");
        }
        return new InboundSchema(key, schema);
    }

    /** Reads the schema of a message type; null if it has none. */
    static InboundSchema read(CamelContext context, String type) {
        String file = "contracts/in/" + type + ".schema.json";
        JsonNode schema = SchemaFile.read(context, file);
        try {
            return schema == null ? null : of(schema);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(file + ": " + e.getMessage(), e);
        }
    }

    /** A factory of validators that know the keywords of this class. */
    public static JsonSchemaFactory validators() {
        return JsonSchemaFactory.getInstance(VersionFlag.V202012, factory -> factory.metaSchema(
            JsonMetaSchema.builder(JsonMetaSchema.getV202012())
                .keywords(List.of(new NonValidationKeyword(DISCARD), new NonValidationKeyword(SchemaFile.PARTITION_KEY))).build()));
    }

    /** A copy with the kept fields only, in canonical form and in the order of the schema: equal content becomes equal text. */
    ObjectNode reduce(ObjectNode message) {
        return (ObjectNode) kept.of(message);
    }

    /** Such as {@code order/} and the order id; the prefix keeps an order and a product with the same id apart. */
    String partitionKey(ObjectNode message) {
        return kind + message.path(key).asText();
    }

    /** @param partitionKey or null */
    static boolean isOfOrder(String partitionKey) {
        return partitionKey != null && partitionKey.startsWith(OF_ORDER);
    }

    /**
     * The parts of a value that are kept.
     *
     * @param fields   of an object, in the order of the schema; null for all of it
     * @param dropped  fields of an object that are never kept
     * @param isOpen   whether an object may have others
     * @param elements of an array; null for all of it
     * @param isId     whether an integer becomes its digits
     * @param words    of an enumeration; text in any other case becomes one of them
     */
    private record Kept(Map<String, Kept> fields, Set<String> dropped, boolean isOpen, Kept elements, boolean isId, List<JsonNode> words) {

        private static final Set<String> TEXT = Set.of("\"string\"", "[\"string\",\"null\"]", "[\"null\",\"string\"]");

        static Kept by(String name, JsonNode schema) {
            Map<String, Kept> fields = new LinkedHashMap<>();
            Set<String> dropped = new HashSet<>();
            schema.path("properties").properties().forEach(field -> {
                if (field.getValue().path(DISCARD).asBoolean()) {
                    dropped.add(field.getKey());
                } else {
                    fields.put(field.getKey(), by(field.getKey(), field.getValue()));
                }
            });
            return new Kept(schema.has("properties") ? fields : null, dropped, OPEN.stream().anyMatch(schema::has),
                schema.path("items").isObject() && !schema.has("prefixItems") ? by("", schema.get("items")) : null,
                name.endsWith("Id") && TEXT.contains(schema.path("type").toString()),
                StreamSupport.stream(schema.path("enum").spliterator(), false).filter(JsonNode::isTextual).toList());
        }

        JsonNode of(JsonNode value) {
            if (value instanceof ObjectNode object && fields != null) {
                ObjectNode answer = JsonNodeFactory.instance.objectNode();
                fields.forEach((name, kept) -> {
                    JsonNode field = object.get(name);
                    if (field != null) {
                        answer.set(name, kept.of(field));
                    }
                });
                if (isOpen) {
                    object.properties().stream().filter(field -> !fields.containsKey(field.getKey()) && !dropped.contains(field.getKey()))
                        .forEach(field -> answer.set(field.getKey(), field.getValue()));
                }
                return answer;
            }
            if (value instanceof ArrayNode array && elements != null) {
                ArrayNode answer = JsonNodeFactory.instance.arrayNode(array.size());
                array.forEach(element -> answer.add(elements.of(element)));
                return answer;
            }
            if (value.isTextual() && !words.contains(value)) {
                return words.stream().filter(word -> word.textValue().equalsIgnoreCase(value.textValue())).findFirst().orElse(value);
            }
            return isId && value.isIntegralNumber() ? TextNode.valueOf(value.asText()) : value;
        }
    }
}
