package ecommerce.inventory.endtoend;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import ecommerce.inventory.support.Tables;
import org.springframework.util.StringUtils;

/**
 * Decides the right outcome of a message without the worker's code and schemas: PostgreSQL decides what is JSON, this class the rest.
 * Fields may begin with either case, words of an enumeration have any case, ids may be integers. Nesting is at most 64, a
 * number has at most 100 digits, a correlation id at most 128 characters. Fields that the worker does not use may hold anything.
 */
class HostileMessageJudge {

    private static final int MAX_NESTING = 64;
    private static final int MAX_DIGITS = 100;
    private static final int MAX_CORRELATION_ID = 128;
    private static final int MAX_CORRELATION_ID_BYTES = 256;
    private static final int MAX_LINES = 10_000;
    private static final Pattern INVISIBLE_ENDS = Pattern.compile("^[\\p{Z}\\p{Cc}\\p{Cf}]|[\\p{Z}\\p{Cc}\\p{Cf}]\\z");
    private static final Pattern VISIBLE = Pattern.compile("\\S");
    private static final List<String> STATUSES = List.of("Authorized", "Captured", "Failed", "Refunded");

    /** A field that the worker uses. {@code understood} returns its normalised value, or null for a value to refuse. */
    private record Field(String name, boolean required, UnaryOperator<JsonNode> understood) {
    }

    private static final Field ORDER_ID = new Field("orderId", true, HostileMessageJudge::id);
    private static final Field PRODUCT_ID = new Field("productId", true, HostileMessageJudge::id);
    private static final Field BY = new Field("by", false, text(128));
    private static final List<Field> LINE = List.of(PRODUCT_ID, new Field("quantity", true, integer(1)));
    private static final Map<String, List<Field>> MESSAGES = Map.of(
        "OrderCreated", List.of(ORDER_ID, new Field("items", true, HostileMessageJudge::lines)),
        "OrderCancelled", List.of(ORDER_ID),
        "PaymentProcessed", List.of(ORDER_ID, new Field("status", true, HostileMessageJudge::status)),
        "PaymentFailed", List.of(ORDER_ID),
        "RestockInventory", List.of(PRODUCT_ID, new Field("quantityToAdd", true, integer(1)), new Field("reason", false, text(1_000)), BY),
        "AdjustInventory", List.of(PRODUCT_ID, new Field("quantityChange", true, integer(-Integer.MAX_VALUE)),
            new Field("reason", true, text(1_000)), BY));

    private final JsonMapper json = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    private final Tables tables;

    HostileMessageJudge(Tables tables) {
        this.tables = tables;
    }

    /** The normalised JSON object of a message to handle; null for a message to dead-letter. */
    JsonNode accepted(HostileMessage message) throws IOException {
        String text = text(message.body());
        String correlationId = message.message().getCorrelationId();
        if (correlationId != null && !isPassable(correlationId) || !message.named() || text == null || !isJsonObject(text)) {
            return null;
        }
        JsonNode object = lowerCased(json.readTree(text));
        return object == null ? null : content(object, MESSAGES.get(message.type()));
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
        // PostgreSQL accepts no text with U+0000, and limits nesting only by its stack.
        return text.indexOf('\0') < 0 && keepsLimits(text) && (Boolean) tables.row(
            "SELECT CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body IS JSON OBJECT WITH UNIQUE KEYS ELSE false END AS answer "
                + "FROM (SELECT CAST(? AS text) AS body)", text).get("answer");
    }

    /** Skips strings, whose content does not count. */
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
            // If it is not a number, such as the e of true, PostgreSQL decides.
            return number.length() <= MAX_DIGITS && !number.matches("[-+.\\d]*[eE].*\\d{6,}");
        }
    }

    /** The object with field names in lower camel case; null if a field occurs in both cases. */
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

    /** The known fields that were sent; null if a required one is missing or one is invalid. */
    private static ObjectNode content(JsonNode sent, List<Field> fields) {
        if (!sent.isObject()) {
            return null;
        }
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        for (Field field : fields) {
            JsonNode value = sent.path(field.name());
            boolean nothing = value.isMissingNode() || value.isNull();
            JsonNode understood = nothing ? field.required() ? null : value : field.understood().apply(value);
            if (understood == null) {
                return null;
            }
            if (!understood.isMissingNode()) {
                answer.set(field.name(), understood);
            }
        }
        return answer;
    }

    private static JsonNode id(JsonNode value) {
        if (value.isIntegralNumber()) {
            return TextNode.valueOf(value.bigIntegerValue().toString());
        }
        return text(128).apply(value) != null && !INVISIBLE_ENDS.matcher(value.textValue()).find() ? value : null;
    }

    private static UnaryOperator<JsonNode> text(int length) {
        return value -> value.isTextual() && VISIBLE.matcher(value.textValue()).find()
            && value.textValue().codePointCount(0, value.textValue().length()) <= length ? value : null;
    }

    /** An integer; 2.0 and 2e0 are 2. */
    private static UnaryOperator<JsonNode> integer(int least) {
        return value -> {
            BigDecimal number = value.decimalValue().stripTrailingZeros();
            return value.isNumber() && number.scale() <= 0 && number.compareTo(BigDecimal.valueOf(least)) >= 0
                && number.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) <= 0 ? IntNode.valueOf(number.intValue()) : null;
        };
    }

    private static JsonNode status(JsonNode value) {
        String word = StringUtils.capitalize(value.asText().toLowerCase(Locale.ROOT));
        return value.isTextual() && STATUSES.contains(word) ? TextNode.valueOf(word) : null;
    }

    private static JsonNode lines(JsonNode value) {
        if (!value.isArray() || value.isEmpty() || value.size() > MAX_LINES) {
            return null;
        }
        ArrayNode answer = JsonNodeFactory.instance.arrayNode();
        for (JsonNode line : value) {
            JsonNode content = content(line, LINE);
            if (content == null) {
                return null;
            }
            answer.add(content);
        }
        return quantities(answer).values().stream().allMatch(sum -> sum <= Integer.MAX_VALUE) ? answer : null;
    }

    /** The units of each product in an order. */
    private static Map<String, Long> quantities(JsonNode lines) {
        Map<String, Long> quantities = new TreeMap<>();
        lines.forEach(item ->
            quantities.merge(item.path("productId").asText(), item.path("quantity").longValue(), Long::sum));
        return quantities;
    }

    /** Whether a command may be rejected: its product may be missing, or its quantity too large. */
    static boolean mayBeRejected(JsonNode command, long littleEnough) {
        long change = command.path("quantityChange").longValue() + command.path("quantityToAdd").longValue();
        return change == 0 || Math.abs(change) > littleEnough
            || command.has("quantityChange") && !PRODUCTS.contains(command.path("productId").textValue());
    }

    /** The products in stock. */
    static final List<String> PRODUCTS = List.of("prod-0", "prod-1", "prod-2", "prod-3", "prod-4", "bin-0", "bin-1", "bin-2", "bin-3", "bin-4");

    /** The possible statuses of an order after a valid message, if it is the only one of the order. */
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
                Map<String, Long> lines = quantities(object.path("items"));
                // A product with a random name may exist, as a command may have created it.
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
