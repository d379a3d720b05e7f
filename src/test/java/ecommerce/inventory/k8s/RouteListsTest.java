package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/**
 * Each file of routes is listed where the manifests need it, as kustomize takes no patterns. A file that is missing there would be in the
 * image, and absent in the cluster. {@code -Dupdate} writes the lists.
 */
class RouteListsTest {

    private static final Path MAIN = Path.of("src/main");
    private static final Path ROUTES = MAIN.resolve("resources/routes");
    private static final String ROUTE = ".camel.yaml";
    /** Its listeners are at a servlet, which Quarkus does not have. */
    private static final String NOT_ON_QUARKUS = "stock-stream.camel.yaml";

    @Test
    void eachFileOfAFolderIsInItsConfigMap() throws IOException {
        StringBuilder list = new StringBuilder();
        folders().forEach((folder, files) -> {
            list.append("  - name: inventory-worker-routes-").append(folder).append("\n    files:\n");
            files.forEach(file -> list.append("      - resources/routes/").append(folder).append('/').append(file).append('\n'));
        });

        check(MAIN.resolve("kustomization.yaml"), "configMapGenerator:\n", list.toString());
    }

    @Test
    void eachRouteIsASourceOfTheIntegrationThatCamelKBuilds() throws IOException {
        StringBuilder list = new StringBuilder();
        folders().forEach((folder, files) -> files.stream().filter(file -> file.endsWith(ROUTE) && !file.equals(NOT_ON_QUARKUS)).forEach(file ->
            list.append("    - name: ").append(file).append("\n      contentRef: inventory-worker-routes-").append(folder)
                .append("\n      contentKey: ").append(file).append('\n')));

        check(Manifest.ROOT.resolve("overlays/camel-k-sources/integration.yaml"), "  sources:\n", list.toString());
    }

    /** @param heading the line before the list, which ends where a line is not indented further than it */
    private static void check(Path file, String heading, String list) throws IOException {
        String text = Files.readString(file);
        int start = text.indexOf(heading) + heading.length();
        String indent = heading.replaceAll("\\S.*\\s", "");
        int end = start + text.substring(start).lines().takeWhile(line -> line.startsWith(indent + "  ")).mapToInt(line -> line.length() + 1).sum();
        String wanted = text.substring(0, start) + list + text.substring(end);
        if (System.getProperty("update") != null) {
            Files.writeString(file, wanted);
        }

        assertThat(Files.readString(file)).as("%s does not list the files of %s; write the list: mvn test -Dtest=RouteListsTest -Dupdate", file, ROUTES)
            .isEqualTo(wanted);
    }

    private static Map<String, List<String>> folders() throws IOException {
        try (Stream<Path> files = Files.walk(ROUTES)) {
            return files.filter(Files::isRegularFile).sorted().collect(Collectors.groupingBy(file -> file.getParent().getFileName().toString(),
                TreeMap::new, Collectors.mapping(file -> file.getFileName().toString(), Collectors.toList())));
        }
    }
}
