package routelint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/** Route templates and kamelets of the project, and their uses. */
final class Templates {

    private final RouteFiles files;
    private final List<Template> templates;
    private final List<Use> uses;

    /**
     * A route template or a kamelet.
     *
     * @param name       the name that uses refer to
     * @param defaults   of its parameters; null for a parameter without one
     * @param required   the parameters that each use has to set
     */
    record Template(String file, int line, String name, Map<String, String> defaults, List<String> required) {
    }

    /**
     * A use of a template.
     *
     * @param routeId    null for a kamelet
     * @param parameters by name
     * @param lines      of the parameters
     */
    record Use(String file, int line, String routeId, String template, Map<String, String> parameters, Map<String, Integer> lines) {
    }

    Templates(RouteFiles files) {
        this.files = files;
        this.templates = Stream.concat(files.nodes("routeTemplate").map(Templates::routeTemplate),
            files.documents().keySet().stream().filter(RouteFiles::isKamelet).map(this::kamelet)).toList();
        this.uses = files.documents().keySet().stream().filter(file -> !RouteFiles.isKamelet(file)).flatMap(file -> files.tops(file)
            .filter(top -> "templatedRoute".equals(YamlNodes.key(top))).map(top -> templatedRoute(file, top))).collect(Collectors.toList());
    }

    private static Template routeTemplate(RouteNode node) {
        Map<String, String> defaults = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Node parameter : YamlNodes.items(YamlNodes.get(node.body(), "parameters"))) {
            String name = YamlNodes.text(parameter, "name");
            defaults.put(name, YamlNodes.text(parameter, "defaultValue"));
            if (defaults.get(name) == null && !"false".equals(YamlNodes.text(parameter, "required"))) {
                required.add(name);
            }
        }
        return new Template(node.file(), node.line(), node.id(), defaults, required);
    }

    private Template kamelet(String file) {
        Node document = files.documents().get(file).node();
        Node definition = YamlNodes.get(YamlNodes.get(document, "spec"), "definition");
        Map<String, String> defaults = new LinkedHashMap<>();
        YamlNodes.entries(YamlNodes.get(definition, "properties")).forEach(property ->
            defaults.put(YamlNodes.key(property), YamlNodes.text(property.getValueNode(), "default")));
        List<String> required = YamlNodes.items(YamlNodes.get(definition, "required")).stream().map(YamlNodes::text)
            .filter(name -> defaults.get(name) == null).toList();
        return new Template(file, 1, YamlNodes.text(YamlNodes.get(document, "metadata"), "name"), defaults, required);
    }

    private static Use templatedRoute(String file, NodeTuple top) {
        Map<String, String> parameters = new LinkedHashMap<>();
        Map<String, Integer> lines = new LinkedHashMap<>();
        for (Node parameter : YamlNodes.items(YamlNodes.get(top.getValueNode(), "parameters"))) {
            parameters.put(YamlNodes.text(parameter, "name"), YamlNodes.text(parameter, "value"));
            lines.put(YamlNodes.text(parameter, "name"), YamlNodes.line(parameter));
        }
        return new Use(file, YamlNodes.line(top.getKeyNode()), YamlNodes.text(top.getValueNode(), "routeId"),
            YamlNodes.text(top.getValueNode(), "routeTemplateRef"), parameters, lines);
    }

    /** Uses of kamelets are added when the endpoints are read. */
    void add(Use use) {
        uses.add(use);
    }

    List<Use> uses() {
        return uses;
    }

    /** The template that contains a node, or null. */
    Template of(RouteNode node) {
        return templates.stream().filter(template -> template.file().equals(node.file())
            && (RouteFiles.isKamelet(node.file()) || template.line() == node.top().line())).findFirst().orElse(null);
    }

    /** The values of the template's parameters in each of its uses. A node outside a template has one binding without values. */
    List<Map<String, String>> bindings(RouteNode node) {
        Template template = node == null ? null : of(node);
        if (template == null) {
            return List.of(Map.of());
        }
        return uses(template).map(use -> values(template, use)).toList();
    }

    /** The uses of a template. */
    Stream<Use> uses(Template template) {
        return uses.stream().filter(use -> template.name() != null && template.name().equals(use.template()));
    }

    /** The values of the template's parameters in one use. */
    Map<String, String> values(Template template, Use use) {
        Map<String, String> values = new LinkedHashMap<>(template.defaults());
        values.putAll(use.parameters());
        values.values().removeIf(value -> value == null);
        return values;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        for (Use use : uses) {
            Template template = templates.stream().filter(one -> use.template().equals(one.name())).findFirst().orElse(null);
            if (template == null) {
                findings.add(new Finding(use.file(), use.line(), "there is no template " + use.template()
                    + Suggestion.of(templates.stream().map(Template::name).toList(), use.template())));
                continue;
            }
            use.parameters().keySet().stream().filter(name -> !template.defaults().containsKey(name)).forEach(name ->
                findings.add(new Finding(use.file(), use.lines().getOrDefault(name, use.line()), "template " + template.name()
                    + " has no parameter " + name + Suggestion.of(template.defaults().keySet(), name))));
            template.required().stream().filter(name -> !use.parameters().containsKey(name)).forEach(name ->
                findings.add(new Finding(use.file(), use.line(), "template " + template.name() + " needs parameter " + name)));
        }
        for (Template template : templates) {
            if (uses.stream().noneMatch(use -> use.template().equals(template.name()))) {
                findings.add(new Finding(template.file(), template.line(), "no route uses template " + template.name()));
            }
        }
        return findings;
    }
}
