package routelint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Checks that the tests of a build have run each node of the routes. */
final class CoverageCheck {

    private CoverageCheck() {
    }

    /**
     * @param root   of the project
     * @param folder that {@code RouteCoverage} writes to
     * @param since  the start of the build; older files do not count
     * @return       a finding for each node that no test has run
     */
    static List<Finding> check(Path root, Path folder, Instant since) {
        Set<String> run = run(folder, since);
        if (run.isEmpty()) {
            throw new AssertionError("No route test has run in this build, so their coverage is unknown. "
                + "Run all tests first: mvn verify");
        }
        RouteFiles files = new RouteFiles(root);
        Set<RouteNode> covered = new HashSet<>();
        // Camel reports neither routes nor branches: they count as run when a node in them was.
        files.nodes().stream().filter(node -> run.contains(Path.of(node.file()).getFileName() + ":" + node.line())).forEach(node -> {
            for (RouteNode one = node; one != null; one = one.parent()) {
                covered.add(one);
            }
        });
        return files.nodes().stream().filter(node -> !node.kind().equals("rest") && !covered.contains(node))
            .map(node -> node.finding("no test runs " + node)).sorted().toList();
    }

    private static Set<String> run(Path folder, Instant since) {
        Set<String> run = new HashSet<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    if (!Files.getLastModifiedTime(file).toInstant().isBefore(since)) {
                        run.addAll(Files.readAllLines(file));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return run;
    }
}
