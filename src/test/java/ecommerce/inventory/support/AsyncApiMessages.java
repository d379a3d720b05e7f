package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import org.yaml.snakeyaml.Yaml;

/** Writes the messages of {@code contracts/asyncapi.yaml} that it lacks, from their schemas. */
public final class AsyncApiMessages {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern CHANNEL = Pattern.compile("(?:Received from|Published to) (?:topic|queue) ([\\w-]+)");

    private AsyncApiMessages() {
    }

    /**
     * The contract in a directory, with a message for each schema beside it.
     *
     * @throws AssertionError if a schema does not say where its message comes from
     */
    public static String complete(Path contracts) throws IOException {
        String contract = Files.readString(contracts.resolve("asyncapi.yaml"));
        for (String direction : new String[] {"in", "out"}) {
            List<Path> schemas;
            try (Stream<Path> files = Files.list(contracts.resolve(direction))) {
                schemas = files.sorted().toList();
            }
            for (Path schema : schemas) {
                contract = with(direction + '/' + schema.getFileName(), JSON.readTree(schema.toFile()), contract);
            }
        }
        return contract;
    }

    /**
     * The contract with a message, if it does not have it yet.
     *
     * @param file of the schema, such as {@code in/OrderCreated.schema.json}
     */
    public static String with(String file, JsonNode schema, String contract) throws IOException {
        String name = file.replaceFirst("\\w+/(\\w+).*", "$1");
        JsonNode read = JSON.valueToTree(new Yaml().load(contract));
        if (read.at("/components/messages").has(name)) {
            return contract;
        }
        String description = schema.path("description").asText();
        Matcher channel = CHANNEL.matcher(description);
        if (!channel.find() || !read.get("channels").has(channel.group(1))) {
            throw new AssertionError(file + ": description has to end with the entity, such as 'Received from topic orders.', one of "
                + String.join(", ", StreamSupport.stream(((Iterable<String>) read.get("channels")::fieldNames).spliterator(), false).toList()));
        }
        boolean received = file.startsWith("in/");
        String message = """
                %1$s:
                  name: %1$s
                  title: %2$s
                  summary: %3$s
                  traits: [{$ref: '#/components/messageTraits/%4$s'}]
                  payload: {$ref: %5$s}
                  examples:
                    - name: example
            %6$s          payload: %7$s
            """.formatted(name, title(name), TextNode.valueOf(description.substring(0, channel.start()).strip()), received ? "received" : "sent", file,
            received ? "" : "          headers: {MessageType: " + name + "}\n", example(name, schema));
        return contract
            .replaceFirst("(?m)(\n  " + channel.group(1) + ":\n(?:    .*\n|\n)*?    messages:\n(?:      .*\n)*)",
                "$1      " + name + ": {\\$ref: '#/components/messages/" + name + "'}\n")
            .replaceFirst("\n  messageTraits:\n", Matcher.quoteReplacement(message + "\n  messageTraits:\n"));
    }

    /** {@code Order shipped} for {@code OrderShipped}. */
    private static String title(String name) {
        return name.charAt(0) + name.substring(1).replaceAll("(?=\\p{Lu})", " ").toLowerCase(Locale.ROOT);
    }

    /** The required fields, with values that most schemas allow. */
    private static JsonNode example(String name, JsonNode schema) {
        if (schema.has("enum")) {
            return schema.get("enum").get(0);
        }
        String type = schema.path("type").isArray() ? schema.get("type").get(0).textValue() : schema.path("type").asText();
        return switch (type) {
            case "object" -> {
                ObjectNode object = JSON.createObjectNode();
                schema.path("required").forEach(field -> object.set(field.textValue(), example(field.textValue(), schema.at("/properties/" + field.textValue()))));
                yield object;
            }
            case "array" -> JSON.createArrayNode().add(example(name, schema.path("items")));
            case "integer", "number" -> IntNode.valueOf(Math.max(1, schema.path("minimum").intValue()));
            case "boolean" -> JSON.getNodeFactory().booleanNode(true);
            default -> TextNode.valueOf(switch (schema.path("format").asText()) {
                case "date-time" -> "2026-11-23T18:52:04.101Z";
                case "uuid" -> "dc557719-7e55-43b2-8b5f-83cebf763041";
                default -> name.replaceFirst("Id$", "") + "-1";
            });
        };
    }
}
