package ecommerce.inventory.operator;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * A request of an operator. An unknown field is refused: a misspelt one must not widen what is done.
 *
 * @param parameters by name; texts, and whole numbers as text
 * @param by         who wants it
 * @param reason     why
 */
record OperatorRequest(OperatorAction action, Map<String, String> parameters, String by, String reason) {

    private static final JsonMapper JSON = JsonMapper.builder()
        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final String ALL = "all";
    private static final String MESSAGE_ID = "messageId";
    private static final String UUID = "\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";

    /**
     * @param  body a JSON object
     * @param name of the operator whose token was sent; null if the token has none, so that the body must have {@code by}
     * @throws IllegalArgumentException that names field and value
     */
    static OperatorRequest read(OperatorAction action, InputStream body, String name) throws IOException {
        Map<String, Object> fields;
        try {
            fields = JSON.readValue(body, new TypeReference<TreeMap<String, Object>>() { });
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("body: is not a JSON object at line " + e.getLocation().getLineNr() + ", column "
                + e.getLocation().getColumnNr());
        }
        Map<String, String> given = new TreeMap<>();
        (fields == null ? Map.<String, Object>of() : fields).forEach((field, value) -> given.put(field, text(field, value)));
        String by = given.remove("by");
        if (name != null) {
            require(by == null || by.equals(name), "by", by, "is not " + name + ", whose token it is");
            by = name;
        }
        requireText("by", by);
        String reason = given.remove("reason");
        requireText("reason", reason);
        requireChoice(action, given);
        return new OperatorRequest(action, given, by, reason);
    }

    private static String text(String field, Object value) {
        require(value instanceof String || value instanceof Integer || value instanceof Long || value instanceof Boolean, field, value,
            "is neither a text nor a whole number nor true");
        return value.toString();
    }

    /** One object, or all of them with field {@code all}. */
    private static void requireChoice(OperatorAction action, Map<String, String> given) {
        Set<String> known = new TreeSet<>(action.choices());
        known.addAll(action.required());
        given.forEach((field, value) -> require(known.contains(field), field, value, "is not a field of " + action.path()
            + "; there are by, reason" + (known.isEmpty() ? "" : ", " + String.join(", ", known))));
        action.required().forEach(field -> requireText(field, given.get(field)));
        require(given.get(ALL) == null || given.get(ALL).equals("true"), ALL, given.get(ALL), "is not true");
        require(given.get(MESSAGE_ID) == null || given.get(MESSAGE_ID).matches(UUID), MESSAGE_ID, given.get(MESSAGE_ID), "is not a UUID");
        Set<String> chosen = new TreeSet<>(given.keySet());
        chosen.retainAll(action.choices());
        if (!action.choices().isEmpty() && chosen.size() != 1) {
            throw new IllegalArgumentException(String.join(", ", new TreeSet<>(action.choices())) + ": "
                + (chosen.isEmpty() ? "one of them is needed" : "only one of them can be given"));
        }
    }

    private static void requireText(String field, String value) {
        require(value != null && !value.isBlank(), field, value, "is blank");
    }

    private static void require(boolean valid, String field, Object value, String fault) {
        if (!valid) {
            throw new IllegalArgumentException(field + ": '" + value + "' " + fault);
        }
    }
}
