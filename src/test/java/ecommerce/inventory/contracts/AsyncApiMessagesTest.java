package ecommerce.inventory.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import ecommerce.inventory.support.AsyncApiMessages;
import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * {@code contracts/asyncapi.yaml} has each message that has a schema. {@code -Dupdate} adds one that is missing, with what its schema says;
 * its summary and its example can then be written better by hand. This runs before the tests that read the contract.
 */
class AsyncApiMessagesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CONTRACTS = Path.of("src", "main", "resources", "contracts");
    private static final Path CONTRACT = CONTRACTS.resolve("asyncapi.yaml");

    @Test
    void eachSchemaHasItsMessage() throws IOException {
        GeneratedFile.check(CONTRACT, AsyncApiMessages.complete(CONTRACTS));
    }

    @Test
    void aMessageIsWrittenFromItsSchema() throws IOException {
        JsonNode schema = JSON.readTree("""
            {"title": "OrderShipped", "description": "A parcel has left. Received from topic orders. Further fields are ignored.",
             "type": "object", "required": ["orderId", "parcels", "shippedAt", "carrier", "fragile"], "properties": {
               "orderId": {"type": "string"}, "carrier": {"enum": ["DHL", "UPS"]}, "fragile": {"type": ["boolean", "null"]},
               "parcels": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["number"],
                 "properties": {"number": {"type": "integer", "minimum": 3}}}},
               "note": {"type": "string"}, "shippedAt": {"type": "string", "format": "date-time"}}}""");

        String contract = AsyncApiMessages.with("in/OrderShipped.schema.json", schema, Files.readString(CONTRACT));

        JsonNode read = JSON.valueToTree(new Yaml().load(contract));
        assertThat(read.at("/channels/orders/messages").fieldNames()).toIterable().startsWith("OrderCreated", "OrderCancelled").endsWith("OrderShipped");
        JsonNode message = read.at("/components/messages/OrderShipped");
        assertThat(message.get("title").textValue() + ": " + message.get("summary").textValue()).isEqualTo("Order shipped: A parcel has left.");
        assertThat(message.at("/payload/$ref").textValue()).isEqualTo("in/OrderShipped.schema.json");
        assertThat(message.at("/traits/0/$ref").textValue()).isEqualTo("#/components/messageTraits/received");
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema).validate(message.at("/examples/0/payload"))).isEmpty();
        assertThat(AsyncApiMessages.with("in/OrderShipped.schema.json", schema, contract)).as("once").isEqualTo(contract);
    }

    @Test
    void aSchemaSaysWhereItsMessageComesFrom() throws IOException {
        String contract = Files.readString(CONTRACT);
        for (String description : new String[] {"", "A parcel has left.", "Received from topic parcels."}) {
            assertThatThrownBy(() -> AsyncApiMessages.with("in/OrderShipped.schema.json", JSON.valueToTree(Map.of("description", description)), contract))
                .hasMessage("in/OrderShipped.schema.json: description has to end with the entity, such as 'Received from topic orders.', "
                    + "one of orders, payments, inventory-commands, inventory");
        }
    }
}
