package development;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.serialization.JsonNodeReader;
import com.networknt.schema.utils.JsonNodes;
import ecommerce.inventory.inbox.InboundSchema;
import org.apache.camel.util.ObjectHelper;

/** The JSON Schema of a message. */
final class ContractFile {

    private static final JsonNodeReader READER = JsonNodeReader.builder().locationAware().build();
    private static final JsonSchema META_SCHEMA = JsonSchemaFactory
        .getInstance(VersionFlag.V202012, factory -> factory.jsonNodeReader(READER))
        .getSchema(SchemaLocation.of(VersionFlag.V202012.getId()), SchemaValidatorsConfig.builder().locale(Locale.ROOT).build());

    private ContractFile() {
    }

    /** Checks that it is a valid schema; that of an inbound message needs a valid {@code x-partition-key}. */
    static void check(String name, String content) throws BrokenFileException {
        JsonNode schema;
        try {
            schema = READER.readTree(content, InputFormat.JSON);
        } catch (IllegalArgumentException | IOException e) {
            JsonProcessingException json = ObjectHelper.getException(JsonProcessingException.class, e);
            throw json == null ? new BrokenFileException(name, 0, e.getMessage())
                : new BrokenFileException(name, json.getLocation().getLineNr(), json.getOriginalMessage());
        }
        Optional<ValidationMessage> violation = META_SCHEMA.validate(schema).stream().findFirst();
        if (violation.isPresent()) {
            throw new BrokenFileException(name, JsonNodes.tokenLocationOf(violation.get().getInstanceNode()).getLineNr(),
                violation.get().getMessage());
        }
        try {
            if (name.startsWith("contracts/in/")) {
                InboundSchema.of(schema);
            }
        } catch (IllegalArgumentException e) {
            throw new BrokenFileException(name, 0, e.getMessage());
        }
    }
}
