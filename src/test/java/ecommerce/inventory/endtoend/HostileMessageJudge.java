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
 * Decides what must become of a message, without the worker's code and without its schemas: PostgreSQL says what JSON is, and the
 * rest stands here. Fields may begin with either case, words of an enumeration have any case, ids may be integers. Nesting is at most 64, a
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

    /** A field that the worker uses. {@code understood} answers its value in the one form, or null for one that is to be refused. */
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

    /** The JSON object of a message that is to be handled, in the one form; null for one to be dead-lettered. */
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

    /** Of the fields that a message of the type needs, those that were sent; null if one is missing or not what it has to be. */
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

    /** 2.0 and 2e0 are 2. */
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

    /** Units of each product of an order. */
    private static Map<String, Long> quantities(JsonNode lines) {
        Map<String, Long> quantities = new TreeMap<>();
        lines.forEach(item ->
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
                Map<String, Long> lines = quantities(object.path("items"));
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
