package ecommerce.inventory.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.ValidationMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.io.ClassPathResource;

/**
 * Valid and invalid messages of each type, and their partition keys. This repeats the schemas on purpose: all other checks read the
 * schemas, so only this test notices a schema that was changed by mistake.
 */
class InboundMessagesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** The smallest valid message of each type. */
    private static final Map<String, String> VALID = Map.of(
        "OrderCreated", "{\"orderId\": \"1\", \"items\": [{\"productId\": \"a\", \"quantity\": 1}]}",
        "OrderCancelled", "{\"orderId\": \"1\"}",
        "PaymentProcessed", "{\"orderId\": \"1\", \"status\": \"Captured\"}",
        "PaymentFailed", "{\"orderId\": \"1\"}",
        "RestockInventory", "{\"productId\": \"a\", \"quantityToAdd\": 1}",
        "AdjustInventory", "{\"productId\": \"a\", \"quantityChange\": -1, \"reason\": \"r\"}");
    private static final Pattern REPEATED = Pattern.compile("(.+)\\*(\\d+)");

    @ParameterizedTest(name = "{0} with {1} = {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
        OrderCreated     | /orderId           | none
        OrderCreated     | /orderId           | null
        OrderCreated     | /orderId           | 1
        OrderCreated     | /orderId           | " "
        OrderCreated     | /orderId           | x*129
        OrderCreated     | /items             | none
        OrderCreated     | /items             | null
        OrderCreated     | /items             | []
        OrderCreated     | /items             | {}
        OrderCreated     | /items             | 10001 lines
        OrderCreated     | /items/0           | "a"
        OrderCreated     | /items/0/productId | none
        OrderCreated     | /items/0/productId | 1
        OrderCreated     | /items/0/productId | " "
        OrderCreated     | /items/0/productId | x*129
        OrderCreated     | /items/0/quantity  | none
        OrderCreated     | /items/0/quantity  | "1"
        OrderCreated     | /items/0/quantity  | 0
        OrderCreated     | /items/0/quantity  | -1
        OrderCreated     | /items/0/quantity  | 1.5
        OrderCreated     | /items/0/quantity  | 2147483648
        OrderCancelled   | /orderId           | none
        OrderCancelled   | /orderId           | null
        OrderCancelled   | /orderId           | 1
        OrderCancelled   | /orderId           | " "
        OrderCancelled   | /orderId           | x*129
        PaymentProcessed | /orderId           | none
        PaymentProcessed | /orderId           | null
        PaymentProcessed | /orderId           | 1
        PaymentProcessed | /orderId           | " "
        PaymentProcessed | /orderId           | x*129
        PaymentProcessed | /status            | none
        PaymentProcessed | /status            | null
        PaymentProcessed | /status            | "captured"
        PaymentProcessed | /status            | "Paid"
        PaymentProcessed | /status            | ""
        PaymentFailed    | /orderId           | none
        PaymentFailed    | /orderId           | null
        PaymentFailed    | /orderId           | 1
        PaymentFailed    | /orderId           | " "
        PaymentFailed    | /orderId           | x*129
        RestockInventory | /productId         | none
        RestockInventory | /productId         | 1
        RestockInventory | /productId         | " "
        RestockInventory | /productId         | x*129
        RestockInventory | /quantityToAdd     | none
        RestockInventory | /quantityToAdd     | null
        RestockInventory | /quantityToAdd     | "1"
        RestockInventory | /quantityToAdd     | 0
        RestockInventory | /quantityToAdd     | -1
        RestockInventory | /quantityToAdd     | 1.5
        RestockInventory | /quantityToAdd     | 2147483648
        RestockInventory | /reason            | " "
        RestockInventory | /reason            | x*1001
        RestockInventory | /by                | " "
        RestockInventory | /by                | 1
        RestockInventory | /by                | x*129
        AdjustInventory  | /productId         | none
        AdjustInventory  | /productId         | 1
        AdjustInventory  | /productId         | " "
        AdjustInventory  | /productId         | x*129
        AdjustInventory  | /quantityChange    | none
        AdjustInventory  | /quantityChange    | null
        AdjustInventory  | /quantityChange    | "1"
        AdjustInventory  | /quantityChange    | 1.5
        AdjustInventory  | /quantityChange    | 2147483648
        AdjustInventory  | /quantityChange    | -2147483648
        AdjustInventory  | /reason            | none
        AdjustInventory  | /reason            | null
        AdjustInventory  | /reason            | " "
        AdjustInventory  | /reason            | x*1001
        AdjustInventory  | /by                | " "
        AdjustInventory  | /by                | x*129
        """)
    void isRefused(String type, String field, String value) throws IOException {
        assertThat(faults(type, field, value)).isNotEmpty();
    }

    @ParameterizedTest(name = "{0} with {1} = {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
        OrderCreated     | /orderId           | x*128
        OrderCreated     | /orderId           | 😀*128
        OrderCreated     | /items             | 10000 lines
        OrderCreated     | /items/0/productId | x*128
        OrderCreated     | /items/0/quantity  | 2147483647
        OrderCreated     | /items/0/quantity  | 2.0
        OrderCreated     | /items/0/new       | {}
        OrderCreated     | /new               | 1
        OrderCancelled   | /orderId           | x*128
        PaymentProcessed | /orderId           | x*128
        PaymentProcessed | /status            | "Authorized"
        PaymentProcessed | /status            | "Captured"
        PaymentProcessed | /status            | "Failed"
        PaymentProcessed | /status            | "Refunded"
        PaymentFailed    | /orderId           | x*128
        RestockInventory | /productId         | x*128
        RestockInventory | /quantityToAdd     | 2147483647
        RestockInventory | /reason            | null
        RestockInventory | /reason            | x*1000
        RestockInventory | /by                | null
        RestockInventory | /by                | x*128
        AdjustInventory  | /productId         | x*128
        AdjustInventory  | /quantityChange    | 0
        AdjustInventory  | /quantityChange    | 2147483647
        AdjustInventory  | /quantityChange    | -2147483647
        AdjustInventory  | /reason            | x*1000
        AdjustInventory  | /by                | null
        AdjustInventory  | /by                | x*128
        """)
    void isAccepted(String type, String field, String value) throws IOException {
        assertThat(faults(type, field, value)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"OrderCreated, order/1", "OrderCancelled, order/1", "PaymentProcessed, order/1", "PaymentFailed, order/1",
        "RestockInventory, product/a", "AdjustInventory, product/a"})
    void waitsForOthersOfItsOrderOrItsProduct(String type, String key) throws IOException {
        assertThat(InboundSchema.of(schema(type)).partitionKey((ObjectNode) JSON.readTree(VALID.get(type)))).isEqualTo(key);
    }

    @Test
    void theLeastThatAMessageHasIsAccepted() throws IOException {
        for (Map.Entry<String, String> message : VALID.entrySet()) {
            assertThat(InboundSchema.validators().getSchema(schema(message.getKey())).validate(JSON.readTree(message.getValue())))
                .as(message.getKey()).isEmpty();
        }
    }

    /** The violations of a message in which a field has another value; "none" removes the field. */
    private static Set<ValidationMessage> faults(String type, String field, String value) throws IOException {
        JsonNode message = JSON.readTree(VALID.get(type));
        JsonPointer pointer = JsonPointer.compile(field);
        JsonNode parent = message.at(pointer.head());
        if (parent instanceof ArrayNode array) {
            array.set(pointer.last().getMatchingIndex(), value(value));
        } else if (value.equals("none")) {
            assertThat(((ObjectNode) parent).remove(pointer.last().getMatchingProperty())).isNotNull();
        } else {
            ((ObjectNode) parent).set(pointer.last().getMatchingProperty(), value(value));
        }
        return InboundSchema.validators().getSchema(schema(type)).validate(message);
    }

    private static JsonNode value(String text) throws IOException {
        if (text.endsWith(" lines")) {
            ArrayNode lines = JSON.createArrayNode();
            for (int i = Integer.parseInt(text.replace(" lines", "")); i > 0; i--) {
                lines.addObject().put("productId", "a").put("quantity", 1);
            }
            return lines;
        }
        var repeated = REPEATED.matcher(text);
        return repeated.matches() ? JSON.getNodeFactory().textNode(repeated.group(1).repeat(Integer.parseInt(repeated.group(2))))
            : JSON.readTree(text);
    }

    private static JsonNode schema(String type) throws IOException {
        return JSON.readTree(new ClassPathResource("contracts/in/" + type + ".schema.json").getInputStream());
    }
}
