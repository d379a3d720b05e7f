package routelint;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Checks calls by {@code direct:} and {@code seda:}. Each called route exists, and each such route is called: by another route, by Java,
 * by a message of its type, by an operation of the API, or by operators, for whom {@code docs/operations.md} lists it.
 */
final class CallCheck {

    private static final String CONTRACTS = "src/main/resources/contracts/in";
    private static final String SCHEMA = ".schema.json";
    private static final String API = "src/main/resources/contracts/openapi.yaml";
    private static final Pattern OPERATORS = Pattern.compile("\n## What an operator can do\n(.*?)(\n## |$)", Pattern.DOTALL);
    private static final Pattern TABLE_ROW = Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE);
    private static final Set<String> IN_PROCESS = Set.of("direct", "seda");

    private final RouteFiles files;
    private final List<Endpoint> consumers;
    private final List<Endpoint> producers;

    private CallCheck(RouteFiles files, List<Endpoint> endpoints) {
        this.files = files;
        Map<Boolean, List<Endpoint>> byDirection = endpoints.stream().filter(endpoint -> IN_PROCESS.contains(endpoint.scheme()))
            .collect(Collectors.partitioningBy(Endpoint::consumer));
        this.consumers = byDirection.get(true);
        this.producers = byDirection.get(false);
    }

    static List<Finding> check(RouteFiles files, List<Endpoint> endpoints) {
        return new CallCheck(files, endpoints).check();
    }

    private List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        Set<String> routes = consumers.stream().map(Endpoint::name).collect(Collectors.toSet());
        Set<String> called = new HashSet<>();
        for (Endpoint producer : producers) {
            if (producer.isDynamic()) {
                // Only the inbox chooses a route at run time, and only for message types that have a schema.
                for (String type : messageTypes(files)) {
                    String route = producer.name().replaceAll("\\$\\{[^}]*}", Matcher.quoteReplacement(type));
                    called.add(route);
                    if (!routes.contains(route)) {
                        findings.add(new Finding(CONTRACTS + "/" + type + SCHEMA, 1, "no route receives from " + route + ", where "
                            + producer.file() + ":" + producer.line() + " sends messages of this type"));
                    }
                }
            } else {
                called.add(producer.name());
                if (!routes.contains(producer.name())) {
                    findings.add(producer.finding("no route receives from " + producer.name() + Suggestion.of(routes, producer.name())));
                }
            }
        }
        operations(files).forEach((operation, line) -> {
            called.add("direct:" + operation);
            if (!routes.contains("direct:" + operation)) {
                findings.add(new Finding(API, line, "no route receives from direct:" + operation + ", which answers this operation"
                    + Suggestion.of(routes, "direct:" + operation)));
            }
        });
        forOperators().forEach(name -> called.add("direct:" + name));
        consumers.stream().filter(consumer -> !called.contains(consumer.name())).forEach(consumer ->
            findings.add(consumer.finding("nothing sends to " + consumer.name() + ": no route, no Java, no schema in contracts/in, "
                + "no operationId in openapi.yaml, and docs/operations.md does not list it under 'What an operator can do'")));
        consumers.stream().collect(Collectors.groupingBy(Endpoint::name)).values().stream().filter(same -> same.size() > 1).forEach(same ->
            same.stream().skip(1).forEach(consumer -> findings.add(consumer.finding("a route already receives from " + consumer.name() + " at "
                + same.get(0).file() + ":" + same.get(0).line()))));
        return findings;
    }

    /** The types of inbound messages: those that have a schema. */
    static List<String> messageTypes(RouteFiles files) {
        return files.list(CONTRACTS).filter(file -> file.endsWith(SCHEMA))
            .map(file -> file.substring(CONTRACTS.length() + 1, file.length() - SCHEMA.length())).toList();
    }

    /** The line of each API operation, by operationId. */
    static Map<String, Integer> operations(RouteFiles files) {
        Node api = new Yaml().compose(new StringReader(files.text(API)));
        return YamlNodes.entries(YamlNodes.get(api, "paths")).stream()
            .flatMap(path -> YamlNodes.entries(path.getValueNode()).stream())
            .map(method -> YamlNodes.get(method.getValueNode(), "operationId"))
            .filter(id -> id != null).collect(Collectors.toMap(YamlNodes::text, YamlNodes::line));
    }

    private List<String> forOperators() {
        Matcher section = OPERATORS.matcher(files.text("docs/operations.md"));
        return section.find() ? TABLE_ROW.matcher(section.group(1)).results().map(row -> row.group(1)).toList() : List.of();
    }
}
