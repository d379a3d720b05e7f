package routelint;

import java.nio.file.Path;
import java.util.ArrayList;
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

/** Draws how the files of routes call each other, and lists what is in them: {@code docs/routes.md}. */
final class RoutePicture {

    /** Where a message goes, in its order; by what starts the routes of a file. */
    private enum Group {
        RECEIVE("Receive"), DISPATCH("Inbox: to the handler of the type"), HANDLE("Handlers"), AFTERWARDS("After the commit"),
        CLOCK("By the clock"), API("API"), CALLED("For operators and other routes");

        private final String title;

        Group(String title) {
            this.title = title;
        }
    }

    private static final Set<String> CLOCKS = Set.of("quartz", "timer", "scheduler", "cron");
    private static final String ENDING = ".camel.yaml";

    private final RouteFiles files;
    private final Templates templates;
    private final List<Endpoint> endpoints;
    private final Set<String> handled;
    private final Set<String> operations;

    private RoutePicture(RouteFiles files) {
        this.files = files;
        this.templates = new Templates(files);
        this.endpoints = Endpoints.of(files, new Settings(files), templates, new ArrayList<>()).stream()
            .filter(endpoint -> endpoint.node() != null).toList();
        this.handled = CallCheck.messageTypes(files).stream().map(type -> "direct:" + type).collect(Collectors.toSet());
        this.operations = CallCheck.operations(files).keySet().stream().map(id -> "direct:" + id).collect(Collectors.toSet());
    }

    /** @param root of the project */
    static String of(Path root) {
        return new RoutePicture(new RouteFiles(root)).draw();
    }

    private String draw() {
        Map<Group, List<String>> groups = new TreeMap<>();
        files.documents().keySet().forEach(file -> groups.computeIfAbsent(group(file, new TreeSet<>()), group -> new ArrayList<>()).add(file));
        StringBuilder page = new StringBuilder("""
            # The routes

            Made from the files in `src/main/resources/routes`; after a change: `mvn test -Dtest=RoutePictureTest -Dupdate`.
            An arrow is a call from one file to another; a dotted one goes where the type of the message says, or to what a route is made of.

            ```mermaid
            flowchart LR
            """);
        groups.forEach((group, members) -> {
            page.append("    subgraph ").append(group).append("[\"").append(group.title).append("\"]\n");
            members.forEach(file -> page.append("        ").append(id(file)).append("[\"").append(name(file)).append("\"]\n"));
            page.append("    end\n");
        });
        arrows().forEach(arrow -> page.append("    ").append(arrow).append('\n'));
        page.append("```\n");
        groups.forEach((group, members) -> {
            page.append("\n## ").append(group.title).append("\n\n| file | route | takes from | what it does | calls |\n|---|---|---|---|---|\n");
            members.forEach(file -> rows(file).forEach(row -> page.append(row).append('\n')));
        });
        return page.toString();
    }

    /** Of what it has, the group that comes first; a file that is only called belongs to the one that calls it. */
    private Group group(String file, Set<String> asked) {
        Set<Group> groups = new TreeSet<>();
        for (Endpoint endpoint : endpoints) {
            if (!endpoint.file().equals(file)) {
                continue;
            }
            if (endpoint.consumer() && handled.contains(endpoint.uri())) {
                groups.add(Group.HANDLE);
            } else if (endpoint.consumer() && operations.contains(endpoint.uri())) {
                groups.add(Group.API);
            } else if (endpoint.consumer() && endpoint.scheme().equals("seda")) {
                groups.add(Group.AFTERWARDS);
            } else if (endpoint.consumer() && CLOCKS.contains(endpoint.scheme())) {
                groups.add(Group.CLOCK);
            } else if (endpoint.consumer() && !endpoint.scheme().equals("direct")) {
                groups.add(Group.RECEIVE);
            } else if (!endpoint.consumer() && isDispatch(endpoint)) {
                groups.add(Group.DISPATCH);
            }
        }
        templates.uses().stream().filter(use -> use.file().equals(file) && use.routeId() != null)
            .forEach(use -> templateFile(use).forEach(template -> groups.add(group(template, asked))));
        files.nodes("rest").filter(node -> node.file().equals(file)).forEach(node -> groups.add(Group.API));
        if (groups.isEmpty() && asked.add(file)) {
            calls().forEach((caller, called) -> {
                if (called.contains(file)) {
                    groups.add(group(caller, asked));
                }
            });
        }
        return groups.stream().findFirst().orElse(Group.CALLED);
    }

    private static boolean isDispatch(Endpoint endpoint) {
        return endpoint.scheme().equals("direct") && endpoint.isDynamic();
    }

    private Stream<String> templateFile(Templates.Use use) {
        return files.nodes("routeTemplate").filter(node -> use.template().equals(node.id())).map(RouteNode::file);
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
            arrows.add(id(endpoint.file()) + " -. type .-> " + Group.HANDLE));
        templates.uses().forEach(use -> templateFile(use).forEach(template -> arrows.add(id(use.file()) + " -.-> " + id(template))));
        return arrows;
    }

    private List<String> rows(String file) {
        List<String> rows = new ArrayList<>();
        Map<RouteNode, Set<String>> called = new LinkedHashMap<>();
        Map<RouteNode, Set<String>> sources = new LinkedHashMap<>();
        endpoints.stream().filter(endpoint -> endpoint.file().equals(file)).forEach(endpoint ->
            (endpoint.node().kind().equals("from") ? sources : called).computeIfAbsent(endpoint.node().top(), top -> new LinkedHashSet<>())
                .add("`" + endpoint.uri() + "`"));
        files.nodes().stream().filter(node -> node.file().equals(file) && node.parent() == null).forEach(node -> rows.add(row(file, node.id(),
            sources.getOrDefault(node, Set.of()), node.description(), called.getOrDefault(node, Set.of()))));
        templates.uses().stream().filter(use -> use.file().equals(file) && use.routeId() != null).forEach(use ->
            rows.add(row(file, use.routeId(), Set.of(), "Made of " + use.template() + ".", Set.of())));
        return rows;
    }

    private static String row(String file, String id, Set<String> sources, String description, Set<String> called) {
        return "| [" + name(file) + "](../" + file + ") | " + id + " | " + String.join(", ", sources) + " | "
            + Objects.toString(description, "").replace("|", "\\|") + " | " + String.join(", ", called).replace("sql:classpath:sql/", "") + " |";
    }

    private static String name(String file) {
        return file.substring(file.lastIndexOf('/') + 1).replace(ENDING, "");
    }

    /** As Mermaid takes it; {@code end} alone it does not. */
    private static String id(String file) {
        return "f_" + name(file).replaceAll("\\W", "_");
    }
}
