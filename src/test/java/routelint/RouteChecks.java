package routelint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** All checks of routes that need neither a running route nor beans. {@link References} checks the beans. */
final class RouteChecks {

    private static final String ENDING = ".camel.yaml";
    private static final String STATEMENT = ".sql";
    private static final Pattern IN_A_FOLDER = Pattern.compile(RouteFiles.ROUTES + "/[^/]+/[^/]+");
    private static final Pattern CONFIGURATION_IN_JAVA = Pattern.compile("\\brouteConfiguration\\(\"([^\"]+)\"\\)");

    /** These need a description. A step needs one only if its id does not say what it does. */
    private static final Set<String> DESCRIBED =
        Set.of("route", "routeConfiguration", "routeTemplate", "from", "when", "otherwise", "doCatch", "doFinally");

    private final RouteFiles files;
    private final Placeholders settings;
    private final Templates templates;
    private final Set<Finding> findings = new TreeSet<>();

    private RouteChecks(RouteFiles files) {
        this.files = files;
        this.settings = new Placeholders(files);
        this.templates = new Templates(files);
    }

    /**
     * @param root of the project
     * @return     findings in the order of files and lines
     */
    static List<Finding> check(Path root) {
        return new RouteChecks(new RouteFiles(root)).check();
    }

    private List<Finding> check() {
        findings.addAll(files.unreadable());
        fileNames();
        files.documents().forEach((file, document) -> {
            if (document.node() != null) {
                schema(file, document);
                placeholders(file);
            }
        });
        idsAndDescriptions();
        routeConfigurations();
        List<Finding> ofUris = new ArrayList<>();
        List<Endpoint> endpoints = Endpoints.of(files, settings, templates, ofUris);
        findings.addAll(ofUris);
        endpoints.forEach(endpoint -> findings.addAll(CatalogCheck.check(endpoint)));
        findings.addAll(CallCheck.check(files, endpoints));
        findings.addAll(SqlCheck.check(files, endpoints));
        findings.addAll(OutboxCheck.check(files, endpoints));
        findings.addAll(MessageListCheck.check(files, endpoints));
        findings.addAll(SourceCheck.check(files, settings, templates, endpoints));
        findings.addAll(templates.check());
        return List.copyOf(findings);
    }

    private void fileNames() {
        for (String file : files.inRoutes()) {
            if (!IN_A_FOLDER.matcher(file).matches()) {
                findings.add(new Finding(file, 1, "is not read: it has to be in a folder directly below " + RouteFiles.ROUTES));
            } else if (!file.endsWith(ENDING) && !file.endsWith(STATEMENT)) {
                findings.add(new Finding(file, 1, "is not read: names of route files end in " + ENDING + ", those of statements in "
                    + STATEMENT));
            } else if (files.documents().containsKey(file) && files.tops(file).findAny().isEmpty()) {
                findings.add(new Finding(file, 1, "has no route"));
            }
        }
    }

    private void schema(String file, RouteFiles.Document document) {
        // The template of a kamelet contains what a file of routes has as items.
        Object routes = document.value() instanceof Map<?, ?> kamelet && RouteFiles.isKamelet(file)
            && kamelet.get("spec") instanceof Map<?, ?> spec && spec.get("template") instanceof Map<?, ?> template
            ? template.entrySet().stream().map(entry -> Map.of(entry.getKey(), entry.getValue())).toList() : document.value();
        for (DslSchema.Fault fault : DslSchema.validate(new ObjectMapper().valueToTree(routes))) {
            Node place = RouteFiles.isKamelet(file) ? files.tops(file).toList().get((int) fault.path().get(0)).getValueNode()
                : document.node();
            List<Object> path = RouteFiles.isKamelet(file) ? fault.path().subList(2, fault.path().size()) : fault.path();
            int line = YamlNodes.line(place);
            for (Object element : path) {
                if (element instanceof Integer index) {
                    place = YamlNodes.items(place).get(index);
                    line = YamlNodes.line(place);
                } else {
                    NodeTuple entry = YamlNodes.entry(place, (String) element);
                    place = entry.getValueNode();
                    line = YamlNodes.line(entry.getKeyNode());
                }
            }
            NodeTuple wrong = fault.key() == null ? null : YamlNodes.entry(place, fault.key());
            findings.add(new Finding(file, wrong == null ? line : YamlNodes.line(wrong.getKeyNode()), fault.text()));
        }
    }

    private void idsAndDescriptions() {
        Map<String, RouteNode> byId = new HashMap<>();
        for (RouteNode node : files.nodes()) {
            if (node.id() != null) {
                RouteNode first = byId.putIfAbsent(node.id(), node);
                if (first != null) {
                    findings.add(node.finding("id '" + node.id() + "' is already used by " + first.kind() + " at " + first.file() + ":"
                        + first.line()));
                }
            } else if (!node.isNamedByItsTemplate()) {
                findings.add(node.finding(node + " has no id; logs, tests and metrics need one"));
            }
            if (DESCRIBED.contains(node.kind()) && (node.description() == null || node.description().isBlank())) {
                findings.add(node.finding(node + " has no description"));
            }
        }
    }

    private void placeholders(String file) {
        Map<Integer, Set<String>> parameters = new HashMap<>();
        files.nodes().stream().filter(node -> node.file().equals(file) && templates.of(node) != null)
            .forEach(node -> parameters.put(node.top().line(), templates.of(node).defaults().keySet()));
        files.tops(file).forEach(top -> {
            Set<String> known = new HashSet<>(settings.names());
            known.addAll(parameters.getOrDefault(YamlNodes.line(top.getKeyNode()), Set.of()));
            YamlNodes.scalars(top.getValueNode()).forEach(text -> placeholders(file, text, known));
        });
    }

    private void placeholders(String file, ScalarNode text, Set<String> known) {
        Matcher placeholder = Placeholders.PLACEHOLDER.matcher(text.getValue());
        while (placeholder.find()) {
            boolean seconds = placeholder.group(2).equals("seconds");
            String name = seconds ? placeholder.group(3).substring(1) : placeholder.group(2);
            // A placeholder with a default needs no setting, nor does one of Camel's functions, such as {{env:HOME}}.
            if ((seconds || placeholder.group(3) == null) && !known.contains(name)) {
                findings.add(new Finding(file, YamlNodes.line(text), "there is no setting " + name + " in " + Placeholders.FILE
                    + Suggestion.of(known, name)));
            }
        }
    }

    private void routeConfigurations() {
        Set<String> inJava = files.list("src/main/java").flatMap(file -> CONFIGURATION_IN_JAVA.matcher(files.text(file)).results())
            .map(result -> result.group(1)).collect(Collectors.toSet());
        Set<String> known = new TreeSet<>(inJava);
        files.nodes("routeConfiguration").map(RouteNode::id).filter(id -> id != null).forEach(known::add);
        Set<String> used = new HashSet<>();
        files.nodes("route").forEach(route -> {
            NodeTuple named = YamlNodes.entry(route.body(), "routeConfigurationId");
            if (named != null) {
                String id = YamlNodes.text(named.getValueNode());
                used.add(id);
                if (!known.contains(id)) {
                    findings.add(new Finding(route.file(), YamlNodes.line(named.getKeyNode()), "there is no route configuration " + id
                        + Suggestion.of(known, id)));
                }
            }
        });
        files.nodes("routeConfiguration").filter(node -> node.id() != null && !used.contains(node.id())).forEach(node ->
            findings.add(node.finding(node + " is not used by any route")));
    }
}
