package ecommerce.inventory.api;

import java.io.InputStream;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Reads the parameters that the contract declares for an operation from the path and the query string. The route has the operation's
 * id. The body becomes the parameters of the SQL: a map with the types and defaults of the contract, checked against its limits.
 * Nothing else of the request remains, so nothing else can reach an endpoint. Variable {@code asked} names the resource of the path.
 * <p>
 * A parameter that violates the contract, or that it does not declare, causes an {@link InvalidParameterException}.
 */
public class ReadParameters implements Processor {

    private final Map<String, List<JsonNode>> declared = new HashMap<>();

    /** @param contract OpenAPI 3, in YAML */
    public ReadParameters(InputStream contract) {
        JsonNode api = new ObjectMapper().valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).load(contract));
        for (JsonNode path : api.get("paths")) {
            for (JsonNode operation : path) {
                declared.put(operation.get("operationId").textValue(), StreamSupport.stream(operation.path("parameters").spliterator(), false)
                    .map(parameter -> parameter.has("$ref") ? api.at(parameter.get("$ref").textValue().substring(1)) : parameter).toList());
            }
        }
    }

    @Override
    public void process(Exchange exchange) {
        Message request = exchange.getMessage();
        Map<String, String> given = query(request.getHeader(Exchange.HTTP_QUERY, "", String.class));
        Map<String, Object> values = new LinkedHashMap<>();
        List<String> asked = new ArrayList<>();
        for (JsonNode parameter : declared.get(exchange.getUnitOfWork().getRoute().getRouteId())) {
            String name = parameter.get("name").textValue();
            JsonNode schema = parameter.get("schema");
            if (parameter.get("in").textValue().equals("path")) {
                String text = decode(name, request.getHeader(name, String.class).replace("+", "%2B"));
                values.put(name, value(name, schema, text));
                asked.add(name + ": " + text);
            } else {
                String text = given.remove(name);
                values.put(name, value(name, schema, text == null ? schema.get("default").asText() : text));
            }
        }
        given.forEach((name, value) -> {
            throw new InvalidParameterException(name, value, "this operation has no such parameter; it has " + values.keySet());
        });
        request.removeHeaders("*");
        request.setBody(values);
        exchange.setVariable("asked", String.join(", ", asked));
    }

    private static Map<String, String> query(String query) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String pair : query.isEmpty() ? new String[0] : query.split("&")) {
            String[] nameAndValue = pair.split("=", 2);
            String name = decode("query", nameAndValue[0]);
            String value = nameAndValue.length == 1 ? "" : decode(name, nameAndValue[1]);
            if (given.put(name, value) != null) {
                throw new InvalidParameterException(name, value, "it is given twice; put it once");
            }
        }
        return given;
    }

    private static String decode(String name, String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidParameterException(name, text, "its percent-encoding is invalid; put %25 for a percent sign");
        }
    }

    private static Object value(String name, JsonNode schema, String text) {
        if (schema.get("type").textValue().equals("integer")) {
            return number(name, schema, text);
        }
        int least = schema.path("minLength").intValue();
        int most = schema.path("maxLength").asInt(Integer.MAX_VALUE);
        require(text.length() >= least && text.length() <= most, name, text, "a text of " + least + " to " + most + " characters");
        require(Pattern.compile(schema.path("pattern").asText("")).matcher(text).find(), name, text, "a text without a null character");
        List<String> options = StreamSupport.stream(schema.path("enum").spliterator(), false).map(JsonNode::textValue).toList();
        require(options.isEmpty() || options.contains(text), name, text,
            options.stream().collect(Collectors.joining(" or ")));
        return text;
    }

    private static long number(String name, JsonNode schema, String text) {
        BigInteger least = schema.get("minimum").bigIntegerValue();
        BigInteger most = schema.get("maximum").bigIntegerValue();
        // No number of the contract has more digits; longer text is not parsed.
        boolean number = text.matches("-?[0-9]{1,19}");
        require(number && new BigInteger(text).compareTo(least) >= 0 && new BigInteger(text).compareTo(most) <= 0, name, text,
            "a whole number from " + least + " to " + most);
        return Long.parseLong(text);
    }

    private static void require(boolean condition, String name, String text, String what) {
        if (!condition) {
            throw new InvalidParameterException(name, text, "put " + what);
        }
    }
}
