package ecommerce.inventory.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.NonValidationKeyword;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the schema of a message defines besides validity: the fields that are kept, their form, and the partition key. */
class InboundSchemaTest {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final String ID = "\"orderId\": {\"type\": \"string\"}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        # What is listed is kept, in the order of the schema, whatever its type.
        "a": {"type": "integer"}                                             | {"a":"1","orderId":"7"}                    | {"orderId":"7","a":"1"}
        "a": {}                                                              | {"orderId":null,"b":1}                     | {"orderId":null}
        "a": {"x-discard": true}                                             | {"orderId":"7","a":1}                      | {"orderId":"7"}
        "a": {"x-discard": false}                                            | {"orderId":"7","a":1}                      | {"orderId":"7","a":1}
        # In objects and lists too.
        "a": {"properties": {"b": {}, "c": {"x-discard": true}}}             | {"orderId":"7","a":{"d":1,"c":2,"b":3}}    | {"orderId":"7","a":{"b":3}}
        "a": {"items": {"properties": {"b": {}}}}                            | {"orderId":"7","a":[{"c":1},{"b":2},3]}    | {"orderId":"7","a":[{},{"b":2},3]}
        # An object of which nothing is listed, or not all that there may be, is kept.
        "a": {"type": "object"}                                              | {"orderId":"7","a":{"b":1}}                | {"orderId":"7","a":{"b":1}}
        "a": {"items": {"type": "object"}}                                   | {"orderId":"7","a":[{"b":1}]}              | {"orderId":"7","a":[{"b":1}]}
        "a": {"prefixItems": [{}], "items": {"properties": {}}}              | {"orderId":"7","a":[{"b":1}]}              | {"orderId":"7","a":[{"b":1}]}
        "a": {"$ref": "#/b"}                                                 | {"orderId":"7","a":{"b":1}}                | {"orderId":"7","a":{"b":1}}
        "a": {"properties": {"b": {}}, "additionalProperties": true}         | {"orderId":"7","a":{"c":1,"b":2}}          | {"orderId":"7","a":{"b":2,"c":1}}
        "a": {"properties": {"b": {}}, "allOf": [{}]}                        | {"orderId":"7","a":{"c":1,"b":2}}          | {"orderId":"7","a":{"b":2,"c":1}}
        "a": {"properties": {"b": {"x-discard": true}}, "oneOf": [{}]}       | {"orderId":"7","a":{"c":1,"b":2}}          | {"orderId":"7","a":{"c":1}}
        """)
    void keepsWhatIsListed(String property, String message, String kept) throws Exception {
        assertThat(schema(ID + ", " + property, "orderId").reduce((ObjectNode) JSON.readTree(message))).hasToString(kept);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        "a": {"enum": ["Captured", "Failed", null]}                          | "Captured"             | "Captured"
        "a": {"enum": ["Captured", "Failed", null]}                          | "captured"             | "Captured"
        "a": {"enum": ["Captured", "Failed", null]}                          | "FAILED"               | "Failed"
        "a": {"enum": ["Captured", "Failed", null]}                          | "FA\u0130LED"         | "Failed"
        "a": {"enum": ["Captured", "Failed", null]}                          | "failed "              | "failed "
        "a": {"enum": ["Captured", "Failed", null]}                          | null                   | null
        "a": {"enum": ["Captured", "Failed", null]}                          | ["failed"]             | ["failed"]
        # Two words that differ in case only are two words.
        "a": {"enum": ["a", "A"]}                                            | "A"                    | "A"
        "a": {"items": {"enum": ["Captured"]}}                               | ["captured"]           | ["Captured"]
        # In an id an integer is its digits, and nothing else is.
        "aId": {"type": "string"}                                            | 4711                   | "4711"
        "aId": {"type": "string"}                                            | 123456789012345678901  | "123456789012345678901"
        "aId": {"type": "string"}                                            | -1                     | "-1"
        "aId": {"type": "string"}                                            | 1.5                    | 1.5
        "aId": {"type": "string"}                                            | 1.0                    | 1
        "aId": {"type": "string"}                                            | 1e3                    | 1E+3
        "aId": {"type": "string"}                                            | true                   | true
        "aId": {"type": "string"}                                            | [1]                    | [1]
        "aId": {"type": ["string", "integer"]}                               | 1                      | 1
        "aId": {"type": ["string", "null"]}                                  | 4711                   | "4711"
        "aId": {"type": ["null", "string"]}                                  | null                   | null
        "a": {"type": "string"}                                              | 1                      | 1
        """)
    void whatIsTheSameIsKeptInOneForm(String property, String value, String kept) throws Exception {
        String name = property.substring(0, property.indexOf(':'));
        JsonNode message = JSON.readTree("{\"orderId\": \"7\", " + name + ": " + value + "}");

        assertThat(schema(ID + ", " + property, "orderId").reduce((ObjectNode) message)).hasToString("{\"orderId\":\"7\"," + name + ":" + kept + "}");
    }

    @ParameterizedTest
    @CsvSource({"orderId, order/7", "productId, product/7", "customerId, customer/7", "bin, bin/7"})
    void aPartitionKeyNamesItsKind(String key, String expected) throws Exception {
        InboundSchema schema = schema("\"" + key + "\": {\"type\": \"string\"}", key);

        assertThat(schema.partitionKey(JSON.createObjectNode().put(key, "7").put("other", "8"))).isEqualTo(expected);
        assertThat(InboundSchema.isOfOrder(expected)).isEqualTo(key.equals("orderId"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{}",
        "{'x-partition-key': 'b', 'required': ['b']}",
        "{'x-partition-key': 'b', 'properties': {'b': {'type': 'string'}}, 'required': ['a']}",
        "{'x-partition-key': 'b', 'properties': {'b': {'type': 'integer'}}, 'required': ['b']}",
        "{'x-partition-key': 'b', 'properties': {'b': {'type': ['string', 'null']}}, 'required': ['b']}",
        "{'x-partition-key': 'b', 'properties': {'b': {'type': 'string', 'x-discard': true}}, 'required': ['b']}"})
    void aSchemaWithoutAKeyIsRefused(String schema) {
        assertThatThrownBy(() -> InboundSchema.of(JSON.readTree(schema.replace('\'', '"')))).isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith("x-partition-key is '" + (schema.equals("{}") ? "" : "b") + "'");
    }

    @Test
    void itsKeywordsAreKnownToTheValidator() throws Exception {
        assertThat(InboundSchema.validators().getSchema(JSON.readTree("{\"x-partition-key\": \"a\", \"x-discard\": true}")).getValidators())
            .as("known keywords, so that it does not warn").extracting(validator -> (Object) validator.getClass().getEnclosingClass())
            .containsExactly(NonValidationKeyword.class, NonValidationKeyword.class);
    }

    private static InboundSchema schema(String properties, String key) throws JsonProcessingException {
        return InboundSchema.of(JSON.readTree("{\"x-partition-key\": \"" + key + "\", \"required\": [\"" + key + "\"], \"properties\": {"
            + properties + "}}"));
    }
}
