package ecommerce.inventory.k8s;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The objects that {@code kubectl apply -k} would send to a cluster. */
final class Manifest {

    static final Path ROOT = Path.of("k8s");
    static final List<String> OVERLAYS = List.of("overlays/dev", "overlays/prod", "overlays/deployment");

    private static final Map<String, List<JsonNode>> RENDERED = new ConcurrentHashMap<>();

    private Manifest() {
    }

    /**
     * The objects of a kustomization. Without kubectl the test is skipped, with a message.
     *
     * @param directory under {@code k8s/}
     */
    static List<JsonNode> objects(String directory) {
        return RENDERED.computeIfAbsent(directory, Manifest::render);
    }

    /** The objects of a kind, or of one of several. */
    static Stream<JsonNode> objects(String directory, String... kinds) {
        return objects(directory).stream().filter(object -> List.of(kinds).contains(object.get("kind").textValue()));
    }

    /** The only object of a kind, or the only one of several. */
    static JsonNode object(String directory, String... kinds) {
        List<JsonNode> objects = objects(directory, kinds).toList();
        if (objects.size() != 1) {
            throw new AssertionError(objects.size() + " objects of " + List.of(kinds) + " in " + directory);
        }
        return objects.get(0);
    }

    /** The name of an object, for messages. */
    static String nameOf(JsonNode object) {
        return object.get("kind").textValue() + " " + object.at("/metadata/name").textValue();
    }

    /** The pod of the worker. */
    static JsonNode pod(String overlay) {
        return object(overlay, "Integration", "Deployment").at("/spec/template/spec");
    }

    /** The container of the worker. */
    static JsonNode container(String overlay) {
        return pod(overlay).at("/containers/0");
    }

    /** All containers of a pod, those that run before the others first. */
    static List<JsonNode> containers(JsonNode pod) {
        return Stream.of("initContainers", "containers").flatMap(list -> StreamSupport.stream(pod.path(list).spliterator(), false)).toList();
    }

    /** The environment of the worker's process. */
    static Map<String, String> environment(String overlay) {
        Map<String, String> environment = new HashMap<>(variables(container(overlay).get("env")));
        container(overlay).get("envFrom").forEach(from -> environment.putAll(data(overlay, from.at("/configMapRef/name").textValue())));
        return environment;
    }

    /** The secret files of a pod: the secret and key of each, by file name. */
    static Map<String, String> secretFiles(JsonNode pod) {
        return pod.get("volumes").findValues("secret").stream().flatMap(secret -> StreamSupport.stream(secret.get("items").spliterator(), false)
                .map(item -> Map.entry(item.get("path").textValue(), secret.get("name").textValue() + "/" + item.get("key").textValue())))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Environment variables of a container. */
    static Map<String, String> variables(JsonNode env) {
        return StreamSupport.stream(env.spliterator(), false)
            .collect(Collectors.toMap(variable -> variable.get("name").textValue(), variable -> variable.path("value").asText()));
    }

    /** The data of a ConfigMap, to whose name a hash may be added. */
    static Map<String, String> data(String overlay, String name) {
        return objects(overlay, "ConfigMap").filter(map -> map.at("/metadata/name").textValue().startsWith(name)).findFirst().orElseThrow()
            .get("data").properties().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().textValue()));
    }

    private static List<JsonNode> render(String directory) {
        assumeTrue(kubectlIsThere(), "kubectl is not installed: the manifests in k8s/ are not checked");
        String yaml = run("kubectl", "kustomize", ROOT.resolve(directory).toString());
        List<JsonNode> objects = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(yaml)
            .forEach(object -> objects.add(new ObjectMapper().valueToTree(object)));
        return objects;
    }

    private static boolean kubectlIsThere() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(path -> Path.of(path, "kubectl").toFile().canExecute());
    }

    private static String run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(String.join(" ", command) + ":\n" + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
