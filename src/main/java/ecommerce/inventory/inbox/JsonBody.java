package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.MalformedBody;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.text.UntrustedText;

/**
 * Reads an untrusted JSON object into the form that the routes rely on: the first letter of each field in lower case, no field twice,
 * nothing that PostgreSQL's jsonb cannot store. The schema decides which fields are kept.
 */
class JsonBody {

    private static final int MAX_NESTING = 64;
    private static final int MAX_NUMBER_LENGTH = 100;
    /** Braces, brackets, names and values: the longest order, of 10,000 lines, may have 25 per line. */
    private static final int MAX_TOKENS = 250_000;

    /**
     * The part of Jackson's messages that is Jackson's own; the rest may quote the body, which may hold a customer's address. A
     * duplicate field is named if its name looks like an identifier.
     */
    private static final Pattern FAULT = Pattern.compile("Unrecognized (token|character escape)|Unexpected (character|end-of-input)"
        + "|Trailing token|Illegal (unquoted )?character|Invalid numeric value|Duplicate field( '[A-Za-z_]\\w{0,99}'$)?"
        + "|[A-Z][A-Za-z ]+ \\(\\d+\\) exceeds the maximum allowed \\(\\d+");
    /** Paths of fields that look like identifiers. */
    private static final Pattern PLAIN_PATH = Pattern.compile("[\\w.\\[\\]]+");

    private final JsonMapper json = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING).maxNumberLength(MAX_NUMBER_LENGTH).maxTokenCount(MAX_TOKENS).build())
            .build())
        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .build();

    /**
     * @param  body JSON in UTF-8, or null
     * @return the same object in canonical form
     * @throws InvalidMessageException that names place and fault
     */
    ObjectNode normalise(byte[] body) {
        if (body == null || body.length == 0) {
            throw new InvalidMessageException(MalformedBody, "body: is empty; a JSON object was expected");
        }
        try {
            // Jackson accepts some invalid UTF-8, so it is decoded here.
            JsonNode node = json.readTree(withoutByteOrderMark(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString()));
            if (!(node instanceof ObjectNode object)) {
                throw new InvalidMessageException(MalformedBody,
                    "body: is " + node.getNodeType() + "; a JSON object was expected");
            }
            return (ObjectNode) normalise(object, "");
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new InvalidMessageException(MalformedBody, "body: is not JSON"
                + (at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr())
                + fault(e.getOriginalMessage()));
        } catch (CharacterCodingException e) {
            throw new InvalidMessageException(MalformedBody, "body: is not UTF-8");
        } catch (NumberFormatException e) {
            // An exponent too large for an int.
            throw new InvalidMessageException(MalformedBody, "body: has a number out of range");
        }
    }

    private static String withoutByteOrderMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private JsonNode normalise(JsonNode node, String path) {
        if (node instanceof ObjectNode object) {
            ObjectNode answer = json.createObjectNode();
            object.properties().forEach(field -> {
                String name = decapitalise(field.getKey());
                String at = path.isEmpty() ? name : path + "." + name;
                if (answer.has(requireStorable(name, at))) {
                    throw new InvalidMessageException(MalformedBody, place(at) + ": is there twice");
                }
                answer.set(name, normalise(field.getValue(), at));
            });
            return answer;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode answer = json.createArrayNode();
            for (int i = 0; i < array.size(); i++) {
                answer.add(normalise(array.get(i), path + "[" + i + "]"));
            }
            return answer;
        }
        if (node.isTextual()) {
            requireStorable(node.textValue(), path);
        } else if (node.isBigDecimal()) {
            BigDecimal number = node.decimalValue();
            // 1e999999999 is short to write and too large to store.
            if (Math.abs((long) number.precision() - number.scale()) > MAX_NUMBER_LENGTH || number.scale() > MAX_NUMBER_LENGTH) {
                throw new InvalidMessageException(MalformedBody, place(path) + ": is " + number + ", a number out of range");
            }
        }
        return node;
    }

    /** PostgreSQL can store neither U+0000 nor half of a surrogate pair. */
    private static String requireStorable(String text, String path) {
        if (text.codePoints().anyMatch(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new InvalidMessageException(MalformedBody,
                place(path) + ": has a character that is not text (U+0000 or half of a surrogate pair)");
        }
        return text;
    }

    private static String decapitalise(String name) {
        return name.isEmpty() || !Character.isUpperCase(name.charAt(0))
            ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static String fault(String message) {
        Matcher fault = FAULT.matcher(message);
        return fault.lookingAt() ? ": " + fault.group() + (fault.group().contains(" exceeds ") ? ")" : "") : "";
    }

    private static String place(String path) {
        return PLAIN_PATH.matcher(path).matches() ? UntrustedText.excerpt(path) : "body";
    }
}
