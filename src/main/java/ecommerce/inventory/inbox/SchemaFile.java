package ecommerce.inventory.inbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;

/** A JSON Schema of {@code contracts/}, of a message or an event. */
public final class SchemaFile {

    /** Keyword: the field that groups messages or events. */
    public static final String PARTITION_KEY = "x-partition-key";

    private SchemaFile() {
    }

    /** @return its content; null if there is no such file */
    public static JsonNode read(CamelContext camel, String file) {
        Resource resource = PluginHelper.getResourceLoader(camel).resolveResource("classpath:" + file);
        if (!resource.exists()) {
            return null;
        }
        try (InputStream schema = resource.getInputStream()) {
            return new ObjectMapper().readTree(schema);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a field must be there. */
    public static boolean requires(JsonNode schema, String field) {
        return StreamSupport.stream(schema.path("required").spliterator(), false).anyMatch(name -> name.asText().equals(field));
    }
}
