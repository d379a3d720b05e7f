package ecommerce.inventory.routefiles;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Which nodes of the routes were run by the route tests, by what Camel has counted in them. */
final class CoverageCheck {

    private final RouteFiles files;
    private final Templates templates;
    /** Of routes and nodes that something has run. */
    private final Set<String> ids = new HashSet<>();
    /** The same for routes that are made of a template, whose nodes have a prefix then: {@code file prefix-id}. */
    private final Set<String> inFiles = new HashSet<>();

    private CoverageCheck(RouteFiles files) {
        this.files = files;
        this.templates = new Templates(files);
    }

    /**
     * @param root   of the project
     * @param folder where {@code RouteCoverage} has written
     * @param since  what is older is of an earlier build, and does not count
     * @return       a finding for each node that no test has run, as far as routes can be read
     */
    static List<Finding> check(Path root, Path folder, Instant since) {
        CoverageCheck check = new CoverageCheck(new RouteFiles(root));
        List<Path> counts = counts(folder, since);
        if (counts.isEmpty()) {
            throw new AssertionError("No route test has run in this build, so nothing can be said of what they cover. "
                + "Run all of them, and this after them: mvn verify");
        }
        counts.forEach(check::read);
        return check.uncovered();
    }

    private static List<Path> counts(Path folder, Instant since) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> counts = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.sorted().toList()) {
                if (!Files.getLastModifiedTime(file).toInstant().isBefore(since)) {
                    counts.add(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return counts;
    }

    private void read(Path counts) {
        try {
            NodeList routes = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(counts.toFile()).getElementsByTagName("routeStat");
            for (int i = 0; i < routes.getLength(); i++) {
                Element route = (Element) routes.item(i);
                String file = route.getAttribute("sourceLocation").replaceFirst(".*[/:](?=[^/:]+:)", "").replaceFirst(":.*", "");
                add(file, route);
                NodeList nodes = route.getElementsByTagName("processorStat");
                for (int j = 0; j < nodes.getLength(); j++) {
                    add(file, (Element) nodes.item(j));
                }
            }
        } catch (IOException | ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(counts + " is not what Camel writes", e);
        }
    }

    private void add(String file, Element counted) {
        if (Long.parseLong(counted.getAttribute("exchangesTotal")) > 0) {
            ids.add(counted.getAttribute("id"));
            inFiles.add(file + " " + counted.getAttribute("id"));
        }
    }

    private List<Finding> uncovered() {
        Set<RouteNode> covered = new HashSet<>();
        // What has no count of its own, such as a branch, was run when something in it was.
        files.nodes().stream().filter(this::isCounted).forEach(node -> {
            for (RouteNode one = node; one != null; one = one.parent()) {
                covered.add(one);
            }
        });
        Set<Finding> findings = new TreeSet<>();
        files.nodes().stream().filter(node -> !node.kind().equals("rest") && !covered.contains(node)).forEach(node ->
            findings.add(node.finding("no route test runs " + node)));
        return List.copyOf(findings);
    }

    private boolean isCounted(RouteNode node) {
        if (node.id() == null) {
            return false;
        }
        String file = Path.of(node.file()).getFileName().toString();
        return ids.contains(node.id()) || templates.of(node) != null
            && inFiles.stream().anyMatch(counted -> counted.startsWith(file + " ") && counted.endsWith(node.id()));
    }
}
