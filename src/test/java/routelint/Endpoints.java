package routelint;

import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apache.camel.util.URISupport;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import routelint.Templates.Use;

/** Finds the endpoints in routes and in Java code. */
final class Endpoints {

    private static final String JAVA = "src/main/java";
    private static final Pattern IN_JAVA = Pattern.compile("\"((?:direct|seda|sql):[^\"\\s]+)\"");
    /** The question mark before the parameters, not the one of an optional placeholder. */
    private static final Pattern QUERY = Pattern.compile("(?<!\\{\\{)\\?");
    private static final Set<String> CONSUMERS = Set.of("from", "poll", "pollEnrich");
    /** Their URI is an expression. In these languages it can be read from the file. */
    private static final Set<String> BY_EXPRESSION = Set.of("enrich", "pollEnrich", "recipientList", "routingSlip");
    private static final List<String> LANGUAGES = List.of("constant", "simple");

    private final Placeholders settings;
    private final Templates templates;
    private final List<Endpoint> found = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private Endpoints(Placeholders settings, Templates templates) {
        this.settings = settings;
        this.templates = templates;
    }

    /** @param findings collects the syntax errors of URIs */
    static List<Endpoint> of(RouteFiles files, Placeholders settings, Templates templates, List<Finding> findings) {
        Endpoints endpoints = new Endpoints(settings, templates);
        // Kamelets last: the other endpoints use them, and they contain endpoints themselves.
        files.nodes().stream().filter(node -> !RouteFiles.isKamelet(node.file())).forEach(endpoints::add);
        files.nodes().stream().filter(node -> RouteFiles.isKamelet(node.file())).forEach(endpoints::add);
        files.list(JAVA).filter(file -> file.endsWith(".java")).forEach(file -> endpoints.inJava(file, files.text(file)));
        findings.addAll(endpoints.findings);
        return endpoints.found;
    }

    private void inJava(String file, String text) {
        int line = 0;
        for (String one : text.split("\n")) {
            line++;
            Matcher uri = IN_JAVA.matcher(one);
            while (uri.find()) {
                add(file, line, uri.group(1), null, false, null, Map.of());
            }
        }
    }

    private void add(RouteNode node) {
        NodeTuple entry = YamlNodes.entry(node.body(), "uri");
        Node parameters = YamlNodes.get(node.body(), "parameters");
        if (BY_EXPRESSION.contains(node.kind())) {
            Stream.concat(Stream.of(node.body()), Stream.ofNullable(YamlNodes.get(node.body(), "expression"))).flatMap(body ->
                LANGUAGES.stream().map(language -> YamlNodes.get(body, language))).filter(value -> value != null).forEach(value -> {
                    Node text = YamlNodes.text(value) != null ? value : YamlNodes.get(value, "expression");
                    for (String uri : node.kind().matches(".*rich") ? new String[] {YamlNodes.text(text)} : YamlNodes.text(text).split(",")) {
                        if (!uri.startsWith("${")) {
                            addForAll(node, YamlNodes.line(text), uri.trim(), null);
                        }
                    }
                });
        } else if (entry != null && YamlNodes.text(entry.getValueNode()) != null) {
            addForAll(node, YamlNodes.line(entry.getKeyNode()), YamlNodes.text(entry.getValueNode()), parameters);
        } else if (node.kind().startsWith("to") && YamlNodes.text(node.body()) != null) {
            addForAll(node, node.line(), YamlNodes.text(node.body()), null);
        }
    }

    private void addForAll(RouteNode node, int line, String uri, Node parameters) {
        templates.bindings(node).forEach(binding ->
            add(node.file(), line, uri, parameters, CONSUMERS.contains(node.kind()), node, binding));
    }

    private void add(String file, int line, String uri, Node parameters, boolean consumer, RouteNode node, Map<String, String> binding) {
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, Integer> lines = new LinkedHashMap<>();
        String[] parts = QUERY.split(uri, 2);
        try {
            if (parts.length > 1) {
                URISupport.parseQuery(parts[1]).forEach((name, value) -> values.put(name, String.valueOf(value)));
            }
        } catch (URISyntaxException e) {
            findings.add(new Finding(file, line, "'" + uri + "' is not a URI: " + e.getReason()));
            return;
        }
        YamlNodes.entries(parameters).forEach(parameter -> {
            values.put(YamlNodes.key(parameter), String.valueOf(YamlNodes.text(parameter.getValueNode())));
            lines.put(YamlNodes.key(parameter), YamlNodes.line(parameter.getKeyNode()));
        });
        Endpoint endpoint = new Endpoint(file, line, settings.resolve(parts[0], binding),
            settings.resolve(values, binding), lines, consumer, node);
        found.add(endpoint);
        if (endpoint.scheme().equals("kamelet") && !endpoint.path().matches("source|sink")) {
            templates.add(new Use(file, line, null, endpoint.path().replaceFirst("/.*", ""), endpoint.parameters(), lines));
        }
    }
}
