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

/** Which nodes of routes the tests of a build have run. */
final class CoverageCheck {

    private CoverageCheck() {
    }

    /**
     * @param root   of the project
     * @param folder where {@code RouteCoverage} has written
     * @param since  what is older is of an earlier build, and does not count
     * @return       a finding for each node that no test has run
     */
    static List<Finding> check(Path root, Path folder, Instant since) {
        Set<String> run = run(folder, since);
        if (run.isEmpty()) {
            throw new AssertionError("No test of routes has run in this build, so nothing can be said of what they cover. "
                + "Run all of them, and this after them: mvn verify");
        }
        RouteFiles files = new RouteFiles(root);
        Set<RouteNode> covered = new HashSet<>();
        // Camel runs no branch and no route by itself: it was run when something in it was.
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
