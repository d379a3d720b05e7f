package routelint;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.stream.Stream;

import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import routelint.Templates.Template;

/**
 * Checks the sources: the routes that send their messages to the inbox, or to a route that translates them and calls it. Each source lists the message types that it accepts. They equal
 * the messages in the contract: in the channel of the operation that has the route's id. Each type with a schema is accepted by a source.
 */
final class SourceCheck {

    private static final String INBOX = "direct:inbox";
    private static final String VARIABLE = "acceptedTypes";
    private static final String CONTRACTS = "src/main/resources/contracts/";
    private static final String CONTRACT = CONTRACTS + "asyncapi.yaml";

    private final RouteFiles files;
    private final Placeholders settings;
    private final Templates templates;
    private final Set<String> schemas;
    private final Node contract;
    private final Set<String> accepted = new HashSet<>();
    private final List<Finding> findings = new ArrayList<>();

    private SourceCheck(RouteFiles files, Placeholders settings, Templates templates) {
        this.files = files;
        this.settings = settings;
        this.templates = templates;
        this.schemas = new TreeSet<>(CallCheck.messageTypes(files));
        this.contract = new Yaml().compose(new StringReader(files.text(CONTRACT)));
    }

    static List<Finding> check(RouteFiles files, Placeholders settings, Templates templates, List<Endpoint> endpoints) {
        SourceCheck check = new SourceCheck(files, settings, templates);
        if (endpoints.stream().anyMatch(endpoint -> endpoint.consumer() && endpoint.name().equals(INBOX))) {
            check.sources(endpoints).forEach(check::source);
            check.schemas.stream().filter(type -> !check.accepted.contains(type)).forEach(type -> check.findings.add(
                new Finding(CONTRACTS + "in/" + type + ".schema.json", 1, "no source accepts " + type
                    + ": every such message is dead-lettered")));
        }
        return check.findings;
    }

    /** The steps that send messages to the inbox or to its translators. */
    private List<RouteNode> sources(List<Endpoint> endpoints) {
        List<RouteNode> sources = new ArrayList<>();
        List<String> entries = new ArrayList<>(List.of(INBOX));
        for (int i = 0; i < entries.size(); i++) {
            String entry = entries.get(i);
            for (RouteNode step : endpoints.stream().filter(to -> !to.consumer() && to.name().equals(entry)).map(Endpoint::node)
                    .filter(node -> node != null && !RouteFiles.isKamelet(node.file())).distinct().toList()) {
                String called = endpoints.stream().filter(from -> from.consumer() && from.node() != null && from.node().top() == step.top())
                    .map(Endpoint::name).filter(from -> endpoints.stream().anyMatch(to -> !to.consumer() && to.name().equals(from))).findFirst().orElse(null);
                if (called == null || acceptedTypes(step.top()).isPresent()) {
                    sources.add(step);
                } else if (!entries.contains(called)) {
                    entries.add(called);
                }
            }
        }
        return sources.stream().distinct().toList();
    }

    private Optional<NodeTuple> acceptedTypes(RouteNode route) {
        return files.nodes("setVariable").filter(node -> node.top() == route && VARIABLE.equals(YamlNodes.text(node.body(), "name")))
            .map(node -> YamlNodes.entry(node.body(), "constant")).filter(Objects::nonNull).findFirst();
    }

    /** @param step that sends a message to the inbox */
    private void source(RouteNode step) {
        RouteNode route = step.top();
        Template template = templates.of(route);
        NodeTuple types = acceptedTypes(route).orElse(null);
        if (types == null) {
            findings.add(step.finding(route + " sends messages to the inbox, which accepts none of them: a setVariable before it "
                + "has to set " + VARIABLE + " to a constant, the accepted types separated by commas"));
        } else if (template == null) {
            source(route.id(), route.file(), YamlNodes.line(types.getKeyNode()), text(types.getValueNode()), Map.of());
        } else {
            Matcher parameter = Placeholders.PLACEHOLDER.matcher(text(types.getValueNode()));
            String name = parameter.find() ? parameter.group(2) : "";
            templates.uses(template).forEach(use -> source(use.routeId(), use.file(), use.lines().getOrDefault(name, use.line()),
                text(types.getValueNode()), templates.values(template, use)));
        }
    }

    private void source(String id, String file, int line, String text, Map<String, String> parameters) {
        String resolved = settings.resolve(text, parameters);
        if (resolved.contains("{{")) {
            // Another check reports the missing parameter or setting.
            return;
        }
        Set<String> types = new TreeSet<>(Stream.of(resolved.strip().split("\\s*,\\s*")).filter(type -> !type.isEmpty()).toList());
        accepted.addAll(types);
        types.stream().filter(type -> !schemas.contains(type)).forEach(type -> findings.add(new Finding(file, line,
            id + " accepts " + type + ", which has no schema in contracts/in" + Suggestion.of(schemas, type))));
        Set<String> declared = contract(id);
        if (declared == null) {
            findings.add(new Finding(file, line, "there is no operation " + id + " in " + CONTRACT
                + ", which lists the messages of each source"));
        } else if (!declared.equals(types)) {
            findings.add(new Finding(file, line, id + " accepts " + (types.isEmpty() ? "nothing" : String.join(", ", types))
                + ", but the channel of this operation in " + CONTRACT + " has " + String.join(", ", declared)));
        }
    }

    /** The messages of the channel of an operation; null if there is no such operation. */
    private Set<String> contract(String operation) {
        Node found = YamlNodes.get(YamlNodes.get(contract, "operations"), operation);
        String channel = YamlNodes.text(YamlNodes.get(found, "channel"), "$ref");
        Node messages = channel == null ? null
            : YamlNodes.get(YamlNodes.get(YamlNodes.get(contract, "channels"), channel.replaceFirst("^#/channels/", "")), "messages");
        return found == null ? null : new TreeSet<>(YamlNodes.entries(messages).stream().map(YamlNodes::key).toList());
    }

    /** The text of a constant in its short form or in the form with options. */
    private static String text(Node constant) {
        String text = YamlNodes.text(constant);
        return text != null ? text : String.valueOf(YamlNodes.text(constant, "expression"));
    }
}
