package ecommerce.inventory.endtoend;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import ecommerce.inventory.support.Tables;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.StringUtils;

/**
 * Decides, without the worker's code, what a message is to come to: PostgreSQL says what JSON is, the published schemas what a
 * message is and which of its fields are not used, and the rest is what the documents promise: fields in either case of the first
 * letter, words of an enumeration in any case, ids that are integers, a nesting of at most 64, numbers of at most 100 digits, a correlation id of at most 128 characters.
 */
class HostileMessageJudge {

    private static final int MAX_NESTING = 64;
    private static final int MAX_DIGITS = 100;
    private static final int MAX_CORRELATION_ID = 128;
    private static final int MAX_CORRELATION_ID_BYTES = 256;

    private final JsonMapper json = new JsonMapper();
    private final Map<String, JsonSchema> schemas = new HashMap<>();
    private final Tables tables;

    HostileMessageJudge(Tables tables) {
        this.tables = tables;
    }

    /** The JSON object of a message that is to be handled, in the one form; null for one to be dead-lettered. */
    JsonNode accepted(HostileMessage message) throws IOException {
        String text = text(message.body());
        String correlationId = message.message().getCorrelationId();
        if (correlationId != null && !isPassable(correlationId) || !message.named() || text == null || !isJsonObject(text)) {
            return null;
        }
        JsonNode object = lowerCased(json.readTree(text));
        dropUnused(object, schema(message.type()).getSchemaNode());
        return object != null && schema(message.type()).validate(object).isEmpty() && quantitiesAreIntegers(object) ? object : null;
    }

    private static boolean isPassable(String correlationId) {
        return correlationId.length() <= MAX_CORRELATION_ID && correlationId.getBytes(StandardCharsets.UTF_8).length <= MAX_CORRELATION_ID_BYTES;
    }

    private static String text(byte[] body) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private boolean isJsonObject(String text) {
        // PostgreSQL takes no text with U+0000, and goes as deep as its stack.
        return text.indexOf('\0') < 0 && keepsLimits(text) && (Boolean) tables.row(
            "SELECT CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body IS JSON OBJECT WITH UNIQUE KEYS ELSE false END AS answer "
                + "FROM (SELECT CAST(? AS text) AS body)", text).get("answer");
    }

    /** Reads over strings, so that what is in them does not count. */
    private static boolean keepsLimits(String text) {
        int depth = 0;
        boolean inString = false;
        StringBuilder number = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString) {
                i += c == '\\' ? 1 : 0;
                inString = c != '"';
                continue;
            }
            inString = c == '"';
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            if ("0123456789+-.eE".indexOf(c) >= 0) {
                number.append(c);
            } else if (!number.isEmpty()) {
                if (!isSmall(number.toString())) {
                    return false;
                }
                number.setLength(0);
            }
            if (depth > MAX_NESTING) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSmall(String number) {
        try {
            return number.length() <= MAX_DIGITS && Math.abs((long) new BigDecimal(number).scale()) <= MAX_DIGITS;
        } catch (NumberFormatException e) {
            // No number at all, such as the e of true; PostgreSQL judges that.
            return number.length() <= MAX_DIGITS && !number.matches("[-+.\\d]*[eE].*\\d{6,}");
        }
    }

    /** Null if a field is there in both cases. */
    private JsonNode lowerCased(JsonNode node) {
        if (node instanceof ArrayNode array) {
            ArrayNode answer = json.createArrayNode();
            for (JsonNode element : array) {
                JsonNode lower = lowerCased(element);
                if (lower == null) {
                    return null;
                }
                answer.add(lower);
            }
            return answer;
        }
        if (!(node instanceof ObjectNode)) {
            return node;
        }
        ObjectNode answer = json.createObjectNode();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = field.getKey().isEmpty() ? "" : field.getKey().substring(0, 1).toLowerCase() + field.getKey().substring(1);
            JsonNode lower = lowerCased(field.getValue());
            if (lower == null || answer.has(name)) {
                return null;
            }
            answer.set(name, lower);
        }
        return answer;
    }

    private static void dropUnused(JsonNode node, JsonNode schema) {
        if (node instanceof ObjectNode object && schema.has("properties")) {
            JsonNode properties = schema.get("properties");
            object.properties().removeIf(field -> !properties.has(field.getKey()) || properties.get(field.getKey()).has("x-discard"));
            object.properties().forEach(field -> dropUnused(field.getValue(), properties.get(field.getKey())));
            object.properties().forEach(field -> field.setValue(understood(field.getKey(), field.getValue(), properties.get(field.getKey()))));
        } else if (node instanceof ArrayNode array && schema.has("items")) {
            array.forEach(element -> dropUnused(element, schema.get("items")));
        }
    }

    private static JsonNode understood(String name, JsonNode value, JsonNode schema) {
        if (name.endsWith("Id") && value.isIntegralNumber()) {
            return TextNode.valueOf(value.bigIntegerValue().toString());
        }
        String text = value.asText().toLowerCase(Locale.ROOT);
        return value.isTextual() && schema.path("enum").toString().toLowerCase(Locale.ROOT).contains('"' + text + '"')
            ? TextNode.valueOf(StringUtils.capitalize(text)) : value;
    }

    private JsonSchema schema(String type) throws IOException {
        if (!schemas.containsKey(type)) {
            schemas.put(type, JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(new ClassPathResource("contracts/in/" + type + ".schema.json").getInputStream()));
        }
        return schemas.get(type);
    }

    /** The schema says so too; its validator takes some that are far larger. */
    private static boolean quantitiesAreIntegers(JsonNode object) {
        return Stream.of("quantityToAdd", "quantityChange").map(object::path)
            .allMatch(quantity -> quantity.decimalValue().abs().compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) <= 0)
            && quantities(object).values().stream().allMatch(sum -> sum <= Integer.MAX_VALUE);
    }

    /** Units of each product of an order. */
    static Map<String, Long> quantities(JsonNode order) {
        Map<String, Long> quantities = new TreeMap<>();
        order.path("items").forEach(item ->
            quantities.merge(item.path("productId").asText(), item.path("quantity").longValue(), Long::sum));
        return quantities;
    }

    /** Whether a command is one that may be rejected: it is about what is not there, or about more than there may be. */
    static boolean mayBeRejected(JsonNode command, long littleEnough) {
        long change = command.path("quantityChange").longValue() + command.path("quantityToAdd").longValue();
        return change == 0 || Math.abs(change) > littleEnough
            || command.has("quantityChange") && !PRODUCTS.contains(command.path("productId").textValue());
    }

    /** Those that are in stock. */
    static final List<String> PRODUCTS = List.of("prod-0", "prod-1", "prod-2", "prod-3", "prod-4", "bin-0", "bin-1", "bin-2", "bin-3", "bin-4");

    /** What a valid message about an order may leave it as, if it is the only one about it. */
    static List<String> statuses(String type, JsonNode object, long stock) {
        return switch (type) {
            case "OrderCancelled" -> List.of("Cancelled");
            case "PaymentFailed" -> List.of("PaymentFailed");
            case "PaymentProcessed" -> List.of(switch (object.path("status").textValue()) {
                case "Failed" -> "PaymentFailed";
                case "Refunded" -> "Refunded";
                default -> "Paid";
            });
            default -> {
                Map<String, Long> lines = quantities(object);
                // Of a name that chance has made there may be some: a command may have made it, too.
                boolean less = lines.entrySet().stream().anyMatch(line -> line.getKey().startsWith("unknown-")
                    || PRODUCTS.contains(line.getKey()) && line.getValue() > stock + MUCH);
                boolean few = lines.entrySet().stream().allMatch(line -> PRODUCTS.contains(line.getKey()) && line.getValue() <= MUCH);
                yield less ? List.of("Insufficient") : few ? List.of("Reserved") : List.of("Reserved", "Insufficient");
            }
        };
    }

    /** Units of one message that are a noticeable part of the stock. */
    static final long MUCH = 100_000;
}
