package ecommerce.inventory.k8s;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;

/**
 * Lists that follow from other files; {@code -Dupdate} writes them. The manifests list each file of routes, as kustomize accepts no
 * patterns: a file that is not listed would be in the image, but missing in the cluster. Each source lists the message types of its channel in the contract.
 */
class GeneratedListsTest {

    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Path ROUTES = RESOURCES.resolve("routes");

    @Test
    void eachFileOfAFolderIsInItsConfigMap() throws IOException {
        StringBuilder list = new StringBuilder();
        folders().forEach((folder, files) -> {
            list.append("  - name: inventory-worker-routes-").append(folder).append("\n    files:\n");
            files.forEach(file -> list.append("      - routes/").append(folder).append('/').append(file).append('\n'));
        });

        check(RESOURCES.resolve("kustomization.yaml"), "configMapGenerator:\n", list.toString());
    }

    @Test
    void eachSourceAcceptsTheMessagesOfItsChannel() throws IOException {
        Path file = ROUTES.resolve("receive/sources.camel.yaml");
        JsonNode contract = Contracts.read("contracts/asyncapi.yaml");
        String wanted = Files.readString(file);
        for (Map.Entry<String, JsonNode> operation : contract.get("operations").properties()) {
            String channel = operation.getValue().at("/channel/$ref").textValue().replaceFirst(".*/", "");
            List<String> types = new ArrayList<>();
            contract.at("/channels/" + channel + "/messages").fieldNames().forEachRemaining(types::add);
            wanted = wanted.replaceFirst("(routeId: " + operation.getKey() + "\n(?:(?!.*routeId:).*\n)*? +- name: types\n +value: ).*",
                "$1" + String.join(",", types));
        }

        GeneratedFile.check(file, wanted);
    }

    /** @param heading the line before the list; the list ends before the next line that is not indented more than the heading */
    private static void check(Path file, String heading, String list) throws IOException {
        String text = Files.readString(file);
        int start = text.indexOf(heading) + heading.length();
        String indent = heading.replaceAll("\\S.*\\s", "");
        int end = start + text.substring(start).lines().takeWhile(line -> line.startsWith(indent + "  ")).mapToInt(line -> line.length() + 1).sum();
        GeneratedFile.check(file, text.substring(0, start) + list + text.substring(end));
    }

    private static Map<String, List<String>> folders() throws IOException {
        try (Stream<Path> files = Files.walk(ROUTES)) {
            return files.filter(Files::isRegularFile).sorted().collect(Collectors.groupingBy(file -> file.getParent().getFileName().toString(),
                TreeMap::new, Collectors.mapping(file -> file.getFileName().toString(), Collectors.toList())));
        }
    }
}
