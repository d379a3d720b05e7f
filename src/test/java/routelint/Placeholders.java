package routelint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.yaml.snakeyaml.Yaml;

/** Replaces property placeholders by the settings of {@code application.yaml}. */
final class Placeholders {

    static final String FILE = "src/main/resources/application.yaml";
    /** {@code {{name}}}, {@code {{name:default}}}, or {@code {{?name}}}, which is left out if it is not set. */
    static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\??)([^{}:]+)(:[^{}]*)?}}");

    private final Map<String, String> values = new TreeMap<>();

    Placeholders(RouteFiles files) {
        flatten("", new Yaml().load(files.text(FILE)));
    }

    private void flatten(String name, Object value) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, inner) -> flatten(name.isEmpty() ? key.toString() : name + "." + key, inner));
        } else if (value != null) {
            values.put(name, value.toString());
        }
    }

    Set<String> names() {
        return values.keySet();
    }

    /**
     * Replaces the placeholders of a text. A placeholder without a known value stays.
     *
     * @param parameters of a template; they take precedence over settings, and may contain placeholders
     */
    String resolve(String text, Map<String, String> parameters) {
        Matcher placeholder = PLACEHOLDER.matcher(text);
        StringBuilder resolved = new StringBuilder();
        while (placeholder.find()) {
            String name = placeholder.group(2);
            String value = parameters.containsKey(name) ? resolve(parameters.get(name), Map.of()) : values.get(name);
            if (value == null && placeholder.group(3) != null) {
                value = placeholder.group(3).substring(1);
            }
            placeholder.appendReplacement(resolved, Matcher.quoteReplacement(value == null ? placeholder.group() : value));
        }
        return placeholder.appendTail(resolved).toString();
    }

    /** As {@link #resolve}, for the parameters of an endpoint. An optional placeholder without a value removes its parameter. */
    Map<String, String> resolve(Map<String, String> texts, Map<String, String> parameters) {
        Map<String, String> resolved = new LinkedHashMap<>();
        texts.forEach((name, text) -> {
            String value = resolve(text, parameters);
            if (!value.startsWith("{{?")) {
                resolved.put(name, value);
            }
        });
        return resolved;
    }
}
