package ecommerce.inventory.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import ecommerce.inventory.servicebus.BrowsedMessage;

/** Checks events against the contracts that subscribers rely on. */
public final class Contracts {

    private Contracts() {
    }

    /** An event's body keeps to the JSON Schema of its subject, formats included. */
    public static void assertKept(BrowsedMessage event) {
        var schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(SchemaLocation.of("classpath:contracts/out/" + event.subject() + ".schema.json"));
        assertThat(schema.validate(event.bodyAsString(), InputFormat.JSON,
            context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))).as(event.bodyAsString()).isEmpty();
    }
}
