package routelint;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/** The routes of a project and their nodes, read from its files. */
final class RouteFiles {

    static final String ROUTES = "src/main/resources/routes";
    private static final String KAMELETS = "src/main/resources/kamelets";

    private final Path root;
    /** By path from the root; a file that is not YAML is missing. */
    private final Map<String, Document> documents = new TreeMap<>();
    private final List<Finding> unreadable = new ArrayList<>();
    private final List<RouteNode> nodes = new ArrayList<>();

    /**
     * A file.
     *
     * @param node  with lines; null if the file is empty
     * @param value as maps and lists
     */
    record Document(Node node, Object value) {
    }

    /** @param root of the project */
    RouteFiles(Path root) {
        this.root = root;
        Stream.concat(list(ROUTES), list(KAMELETS)).filter(file -> file.endsWith(".yaml") || file.endsWith(".yml")).forEach(this::read);
    }

    private void read(String file) {
        try {
            String text = text(file);
            // Rejects duplicate keys, which compose accepts; only compose knows line numbers.
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            Object value = new Yaml(new SafeConstructor(options)).load(text);
            documents.put(file, new Document(new Yaml().compose(new StringReader(text)), value));
            tops(file).forEach(entry -> walk(file, entry, DslSchema.top(), null, false));
        } catch (MarkedYAMLException e) {
            unreadable.add(new Finding(file, e.getProblemMark().getLine() + 1, "is not YAML: " + e.getProblem()));
        }
    }

    /** The top-level entries of a file of routes, or the entries in the template of a kamelet. */
    Stream<NodeTuple> tops(String file) {
        Node document = documents.get(file).node();
        return isKamelet(file) ? YamlNodes.entries(YamlNodes.get(YamlNodes.get(document, "spec"), "template")).stream()
            : YamlNodes.items(document).stream().flatMap(item -> YamlNodes.entries(item).stream());
    }

    private void walk(String file, NodeTuple entry, JsonNode parentDefinition, RouteNode parent, boolean isStep) {
        String key = YamlNodes.key(entry);
        Node value = entry.getValueNode();
        JsonNode definition = DslSchema.definition(parentDefinition, key);
        if (key.equals("steps")) {
            YamlNodes.items(value).forEach(step -> YamlNodes.entries(step).forEach(one -> walk(file, one, definition, parent, true)));
        } else if (YamlNodes.items(value).isEmpty()) {
            inside(file, YamlNodes.line(entry.getKeyNode()), key, value, definition, parent, isStep);
        } else {
            YamlNodes.items(value).forEach(item -> inside(file, YamlNodes.line(item), key, item, definition, parent, isStep));
        }
    }

    private void inside(String file, int line, String kind, Node value, JsonNode definition, RouteNode parent, boolean isStep) {
        RouteNode here = parent;
        // Camel accepts ids in more places, such as the condition of a doCatch; those are part of the node around them.
        if (DslSchema.allows(definition, "id") && DslSchema.allows(definition, "description")
                && (isStep || parent == null || DslSchema.allows(definition, "steps") || DslSchema.allows(definition, "from")
                    || DslSchema.allows(definition, "uri"))) {
            here = new RouteNode(file, line, kind, value, parent);
            nodes.add(here);
        }
        for (NodeTuple entry : YamlNodes.entries(value)) {
            walk(file, entry, definition, here, false);
        }
    }

    /** Findings for files that cannot be read; no other method includes these files. */
    List<Finding> unreadable() {
        return unreadable;
    }

    Map<String, Document> documents() {
        return documents;
    }

    List<RouteNode> nodes() {
        return nodes;
    }

    Stream<RouteNode> nodes(String kind) {
        return nodes.stream().filter(node -> node.kind().equals(kind));
    }

    static boolean isKamelet(String file) {
        return file.startsWith(KAMELETS);
    }

    /** All files in the folder of routes, as paths from the root. */
    List<String> inRoutes() {
        return list(ROUTES).toList();
    }

    /** The files below a folder, as paths from the root. */
    Stream<String> list(String folder) {
        Path start = root.resolve(folder);
        if (!Files.isDirectory(start)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.walk(start)) {
            return files.filter(Files::isRegularFile).map(file -> root.relativize(file).toString().replace('\\', '/')).sorted().toList()
                .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean exists(String file) {
        return Files.isRegularFile(root.resolve(file));
    }

    /** The text of a file; empty if there is none. */
    String text(String file) {
        try {
            return exists(file) ? Files.readString(root.resolve(file)) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
