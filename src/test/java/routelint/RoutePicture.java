package routelint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes {@code docs/routes.md}: a diagram of the calls between files, and a table of their routes. */
final class RoutePicture {

    /** The folders, in the order in which a message passes through them. A folder that is not listed comes last. */
    private static final List<String> FOLDERS = List.of("receive", "inbox", "handlers", "outbox", "timers", "api", "operator");
    private static final String HANDLERS = "handlers";
    private static final Set<String> OWN_STEPS = Set.of("sql", "outbox");
    private static final String ENDING = ".camel.yaml";

    private final RouteFiles files;
    private final Templates templates;
    private final List<Endpoint> endpoints;

    private RoutePicture(RouteFiles files) {
        this.files = files;
        this.templates = new Templates(files);
        this.endpoints = Endpoints.of(files, new Placeholders(files), templates, new ArrayList<>()).stream()
            .filter(endpoint -> endpoint.node() != null).toList();
    }

    /** @param root of the project */
    static String of(Path root) {
        return new RoutePicture(new RouteFiles(root)).draw();
    }

    private String draw() {
        Map<String, List<String>> folders = files.documents().keySet().stream().collect(Collectors.groupingBy(RoutePicture::folder,
            () -> new TreeMap<>(Comparator.comparingInt(RoutePicture::place).thenComparing(Comparator.naturalOrder())), Collectors.toList()));
        StringBuilder page = new StringBuilder("""
            # The routes

            Made from the files in `src/main/resources/routes`; after a change: `mvn test -Pquick -Dupdate`.
            A solid arrow is a call from one file to another. A dotted arrow goes to the handlers by message type, or to the template of a route.

            ```mermaid
            flowchart LR
            """);
        folders.forEach((folder, members) -> {
            page.append("    subgraph ").append(folder).append('\n');
            members.forEach(file -> page.append("        ").append(id(file)).append("[\"").append(name(file)).append("\"]\n"));
            page.append("    end\n");
        });
        arrows().forEach(arrow -> page.append("    ").append(arrow).append('\n'));
        page.append("```\n");
        folders.forEach((folder, members) -> {
            page.append("\n## ").append(folder).append("\n\n| file | route | receives from | what it does | calls |\n|---|---|---|---|---|\n");
            members.forEach(file -> rows(file).forEach(row -> page.append(row).append('\n')));
        });
        return page.toString();
    }

    private static String folder(String file) {
        return Path.of(file).getParent().getFileName().toString();
    }

    private static int place(String folder) {
        return FOLDERS.contains(folder) ? FOLDERS.indexOf(folder) : FOLDERS.size();
    }

    private static boolean isDispatch(Endpoint endpoint) {
        return endpoint.scheme().equals("direct") && endpoint.isDynamic();
    }

    /** The file with the template of a route, if it is another file. */
    private Stream<String> templateFile(Templates.Use use) {
        return files.nodes("routeTemplate").filter(node -> use.template().equals(node.id())).map(RouteNode::file)
            .filter(file -> !file.equals(use.file()));
    }

    /** The files that each file calls. */
    private Map<String, Set<String>> calls() {
        Map<String, Set<String>> calls = new TreeMap<>();
        for (Endpoint from : endpoints) {
            endpoints.stream().filter(to -> !from.consumer() && to.consumer() && to.uri().equals(from.uri()) && !to.file().equals(from.file()))
                .forEach(to -> calls.computeIfAbsent(from.file(), file -> new TreeSet<>()).add(to.file()));
        }
        return calls;
    }

    private Set<String> arrows() {
        Set<String> arrows = new LinkedHashSet<>();
        calls().forEach((from, called) -> called.forEach(to -> arrows.add(id(from) + " --> " + id(to))));
        endpoints.stream().filter(endpoint -> !endpoint.consumer() && isDispatch(endpoint)).forEach(endpoint ->
            arrows.add(id(endpoint.file()) + " -. type .-> " + HANDLERS));
        templates.uses().forEach(use -> templateFile(use).forEach(template -> arrows.add(id(use.file()) + " -.-> " + id(template))));
        return arrows;
    }

    private List<String> rows(String file) {
        List<String> rows = new ArrayList<>();
        Map<RouteNode, Set<String>> called = new LinkedHashMap<>();
        Map<RouteNode, Set<String>> sources = new LinkedHashMap<>();
        // Without statements and events, an edit of a route changes the page only if it changes the picture.
        endpoints.stream().filter(endpoint -> endpoint.file().equals(file) && !OWN_STEPS.contains(endpoint.scheme())).forEach(endpoint ->
            (endpoint.node().kind().equals("from") ? sources : called).computeIfAbsent(endpoint.node().top(), top -> new LinkedHashSet<>())
                .add("`" + endpoint.uri() + "`"));
        files.nodes().stream().filter(node -> node.file().equals(file) && node.parent() == null).forEach(node -> rows.add(row(file, node.id(),
            sources.getOrDefault(node, Set.of()), node.description(), called.getOrDefault(node, Set.of()))));
        templates.uses().stream().filter(use -> use.file().equals(file) && use.routeId() != null).forEach(use ->
            rows.add(row(file, use.routeId(), Set.of(), "Uses template " + use.template() + ".", Set.of())));
        return rows;
    }

    private static String row(String file, String id, Set<String> sources, String description, Set<String> called) {
        return "| [" + name(file) + "](../" + file + ") | " + id + " | " + String.join(", ", sources) + " | "
            + Objects.toString(description, "").replace("|", "\\|") + " | " + String.join(", ", called) + " |";
    }

    private static String name(String file) {
        return file.substring(file.lastIndexOf('/') + 1).replace(ENDING, "");
    }

    /** An id that Mermaid accepts. The prefix is for {@code end}, which it does not. */
    private static String id(String file) {
        return "f_" + name(file).replaceAll("\\W", "_");
    }
}
