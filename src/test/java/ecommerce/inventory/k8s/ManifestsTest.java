package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The manifests agree with each other, with the worker's settings, with its files and with what is written of them. */
class ManifestsTest {

    static final List<String> ALL = Manifest.OVERLAYS;
    /** Those that run the image. */
    static final List<String> OVERLAYS = List.of("overlays/dev", "overlays/prod", "overlays/deployment");

    @ParameterizedTest
    @FieldSource("ALL")
    void everyRouteAndStatementIsInItsConfigMap(String overlay) throws IOException {
        for (String directory : List.of("routes", "sql")) {
            assertThat(Manifest.data(overlay, "inventory-worker-" + directory))
                .as("list a new file in src/main/kustomization.yaml").isEqualTo(files(directory));
        }
    }

    @Test
    void everyRouteIsASourceOfTheIntegrationThatCamelKBuilds() throws IOException {
        SortedSet<String> routes = new TreeSet<>(files("routes").keySet());
        // Its listeners are at a servlet, which Quarkus has none of.
        routes.remove("stock-stream.camel.yaml");
        JsonNode sources = Manifest.object("overlays/camel-k-sources", "Integration").at("/spec/sources");

        assertThat(sources.findValuesAsText("name")).containsExactlyElementsOf(routes);
        assertThat(sources).allSatisfy(source -> {
            assertThat(source.get("contentKey")).isEqualTo(source.get("name"));
            assertThat(Manifest.data("overlays/camel-k-sources", source.get("contentRef").textValue()))
                .containsKey(source.get("name").textValue());
        });
    }

    @ParameterizedTest
    @FieldSource("ALL")
    void everyConfigMapThatIsNamedIsThere(String overlay) {
        Set<String> there = Manifest.objects(overlay, "ConfigMap").map(map -> map.at("/metadata/name").textValue())
            .collect(Collectors.toSet());

        assertThat(Manifest.objects(overlay)).allSatisfy(object -> {
            for (String reference : List.of("configMap", "configMapRef")) {
                assertThat(there).as(Manifest.nameOf(object)).containsAll(object.findValues(reference).stream()
                    .map(map -> map.get("name").textValue()).toList());
            }
        });
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void aChangedSettingOrRouteMakesNewPods(String overlay) {
        JsonNode pod = Manifest.pod(overlay);

        assertThat(Stream.of("configMap", "configMapRef").flatMap(reference -> pod.findValues(reference).stream())
            .map(map -> map.get("name").textValue()))
            .hasSize(3).allMatch(name -> name.matches(".*-[a-z0-9]{10}"), "ends in a hash of its content");
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void thereIsOneImageAndItsVersionNamesTheMigration(String overlay) {
        List<String> images = Manifest.objects(overlay).stream()
            .flatMap(object -> object.findValuesAsText("image").stream()).distinct().toList();

        assertThat(images).hasSize(1).allMatch(image -> image.matches(".+/inventory-worker:[^:/]+"));
        assertThat(Manifest.object(overlay, "Job").at("/metadata/name").textValue())
            .isEqualTo("inventory-worker-migration-" + images.get(0).replaceFirst(".*:", ""));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everyVariableIsASetting(String overlay) throws IOException {
        Set<String> settings = new TreeSet<>();
        for (Resource metadata : new PathMatchingResourcePatternResolver()
                .getResources("classpath*:META-INF/*spring-configuration-metadata.json")) {
            for (JsonNode setting : new ObjectMapper().readTree(metadata.getInputStream()).path("properties")) {
                settings.add(setting.get("name").textValue().replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT));
            }
        }

        assertThat(Manifest.environment(overlay).keySet()).hasSizeGreaterThan(6).isSubsetOf(settings);
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theDatabaseIsChangedByTheMigrationAloneAndEachHasItsRole(String overlay) throws IOException {
        String roles = Files.readString(Manifest.ROOT.resolve("database/roles.sql"));
        Map<String, String> migration = Manifest.variables(Manifest.object(overlay, "Job").at("/spec/template/spec/containers/0/env"));

        assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_DATABASE_MIGRATEATSTART", "false");
        assertThat(roles).contains("CREATE ROLE " + Manifest.environment(overlay).get("SPRING_DATASOURCE_USERNAME") + " LOGIN",
            "CREATE ROLE " + migration.get("SPRING_DATASOURCE_USERNAME") + " LOGIN");
        assertThat(Manifest.object(overlay, "Job").findValuesAsText("mountPath"))
            .contains(migration.get("SPRING_FLYWAY_LOCATIONS").replaceFirst(".*filesystem:", ""));
        assertThat(Manifest.data(overlay, "inventory-worker-database")).containsOnlyKeys("afterMigrate.sql");
    }

    @ParameterizedTest
    @FieldSource("ALL")
    void everySecretIsInTheInstructions(String overlay) throws IOException {
        String instructions = Files.readString(Path.of("docs", "deploy.md"));
        Set<String> keys = new TreeSet<>();
        for (JsonNode object : Manifest.objects(overlay)) {
            object.findValues("secretKeyRef").forEach(key -> keys.add(key.get("name").textValue() + "/" + key.get("key").textValue()));
            Pattern.compile("secret:([^\"]+)").matcher(object.path("spec").toString()).results().forEach(key -> keys.add(key.group(1)));
        }

        assertThat(keys).isNotEmpty().allSatisfy(key -> assertThat(instructions).containsPattern(
            "kubectl create secret generic " + key.replaceFirst("/.*", "") + "( \\\\\n|[^\n])*--from-literal="
                + key.replaceFirst(".*/", "") + "="));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void portsAreThoseOfTheWorker(String overlay) {
        JsonNode container = Manifest.container(overlay);
        Map<String, Integer> ports = new HashMap<>();
        container.get("ports").forEach(port -> ports.put(port.get("name").textValue(), port.get("containerPort").intValue()));

        assertThat(ports).containsExactlyInAnyOrderEntriesOf(
            Map.of("http", 8080, "management", Integer.valueOf(Defaults.of("management.server.port"))));
        assertThat(container.findValues("httpGet")).hasSize(3).allMatch(probe -> probe.get("port").textValue().equals("management"))
            .extracting(probe -> probe.get("path").textValue()).containsOnly("/actuator/health/liveness", "/actuator/health/readiness");
        assertThat(Manifest.object(overlay, "Service").at("/spec/ports/0/targetPort").textValue()).isEqualTo("http");
        assertThat(Manifest.objects(overlay, "NetworkPolicy").findFirst().orElseThrow().at("/spec/ingress").findValues("port"))
            .extracting(JsonNode::intValue).containsExactlyInAnyOrderElementsOf(ports.values());
        Manifest.objects(overlay, "PodMonitor").forEach(monitor ->
            assertThat(monitor.at("/spec/podMetricsEndpoints/0/port").textValue()).isEqualTo("management"));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everySelectorSelectsThePodsOfTheWorkerOrOfTheMigration(String overlay) {
        Set<Map.Entry<String, String>> worker = entries(podLabels(overlay));
        Set<Map.Entry<String, String>> migration = entries(Manifest.object(overlay, "Job").at("/spec/template/metadata/labels"));
        Stream<JsonNode> selectors = Stream.of(
            Manifest.objects(overlay, "Service").map(service -> service.at("/spec/selector")),
            Manifest.objects(overlay, "PodDisruptionBudget", "PodMonitor", "Deployment")
                .map(object -> object.at("/spec/selector/matchLabels")),
            Manifest.objects(overlay, "NetworkPolicy").map(policy -> policy.at("/spec/podSelector/matchLabels")),
            Stream.of(Manifest.pod(overlay).at("/topologySpreadConstraints/0/labelSelector/matchLabels"))).flatMap(all -> all);

        assertThat(selectors.map(ManifestsTest::entries)).hasSizeGreaterThanOrEqualTo(5)
            .allMatch(labels -> !labels.isEmpty() && (worker.containsAll(labels) || migration.containsAll(labels)));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void noContainerHasARightThatItDoesNotNeed(String overlay) {
        List<JsonNode> pods = List.of(Manifest.pod(overlay), Manifest.object(overlay, "Job").at("/spec/template/spec"));

        assertThat(pods).allSatisfy(pod -> {
            assertThat(pod.get("automountServiceAccountToken").booleanValue()).isFalse();
            assertThat(pod.at("/securityContext/runAsUser").intValue()).isPositive();
            assertThat(pod.get("containers")).hasSize(1).allSatisfy(container -> {
                JsonNode security = container.get("securityContext");
                assertThat(security.get("runAsNonRoot").booleanValue()).isTrue();
                assertThat(security.get("readOnlyRootFilesystem").booleanValue()).isTrue();
                assertThat(security.get("allowPrivilegeEscalation").booleanValue()).isFalse();
                assertThat(security.get("capabilities").toString()).isEqualTo("{\"drop\":[\"ALL\"]}");
                assertThat(security.at("/seccompProfile/type").textValue()).isEqualTo("RuntimeDefault");
                assertThat(container.get("resources").findValues("memory")).as("requested and at most").hasSize(2).hasSameElementsAs(
                    List.of(container.at("/resources/limits/memory")));
                assertThat(container.get("volumeMounts")).anyMatch(mount -> mount.get("mountPath").textValue().equals("/tmp"))
                    .allMatch(mount -> mount.get("mountPath").textValue().equals("/tmp") || mount.path("readOnly").booleanValue());
            });
        });
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void aPodIsGivenTheTimeThatTheWorkerTakesToStop(String overlay) {
        assertThat(Duration.ofSeconds(Manifest.pod(overlay).get("terminationGracePeriodSeconds").longValue()))
            .isGreaterThan(DurationStyle.detectAndParse(Defaults.of("spring.lifecycle.timeout-per-shutdown-phase")));
    }

    @Test
    void productionSignsInWithAnIdentityAndDevelopmentWithAConnectionString() {
        for (String overlay : List.of("overlays/prod", "overlays/deployment")) {
            assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_SERVICEBUS_CREDENTIALTYPE", "AZURE_IDENTITY")
                .containsKey("INVENTORY_SERVICEBUS_NAMESPACE").doesNotContainKey("INVENTORY_SERVICEBUS_CONNECTIONSTRING");
            assertThat(podLabels(overlay).path("azure.workload.identity/use").textValue()).isEqualTo("true");
            assertThat(Manifest.object(overlay, "ServiceAccount").at("/metadata/annotations").has("azure.workload.identity/client-id"))
                .isTrue();
        }
        assertThat(Manifest.environment("overlays/dev")).containsKey("INVENTORY_SERVICEBUS_CONNECTIONSTRING")
            .doesNotContainKey("INVENTORY_SERVICEBUS_CREDENTIALTYPE");
    }

    @Test
    void theScalerLooksAtWhatTheWorkerReceives() {
        for (String overlay : List.of("overlays/prod", "overlays/deployment")) {
            JsonNode scaled = Manifest.object(overlay, "ScaledObject");
            JsonNode workload = Manifest.object(overlay, "Integration", "Deployment");

            ObjectNode target = new ObjectMapper().createObjectNode();
            target.set("apiVersion", workload.get("apiVersion"));
            target.set("kind", workload.get("kind"));
            target.set("name", workload.at("/metadata/name"));
            assertThat(scaled.at("/spec/scaleTargetRef")).isEqualTo(target);
            assertThat(workload.at("/spec/replicas").isMissingNode()).as("left to the scaler").isTrue();
            assertThat(scaled.at("/spec/triggers")).allMatch(trigger -> Manifest.environment(overlay).get("INVENTORY_SERVICEBUS_NAMESPACE")
                    .startsWith(trigger.at("/metadata/namespace").textValue() + "."))
                .allMatch(trigger -> trigger.at("/authenticationRef/name")
                    .equals(Manifest.object(overlay, "TriggerAuthentication").at("/metadata/name")))
                .extracting(trigger -> Stream.of("topicName", "subscriptionName", "queueName")
                    .map(name -> trigger.at("/metadata/" + name).asText()).filter(name -> !name.isEmpty()).collect(Collectors.joining("/")))
                .containsExactlyInAnyOrder(
                    Defaults.of("inventory.servicebus.orders-topic") + "/" + Defaults.of("inventory.servicebus.orders-subscription"),
                    Defaults.of("inventory.servicebus.payments-topic") + "/" + Defaults.of("inventory.servicebus.payments-subscription"),
                    Defaults.of("inventory.servicebus.commands-queue"));
        }
    }

    /** Camel K gives a pod those labels of the Integration that it is told to. */
    private static JsonNode podLabels(String overlay) {
        JsonNode workload = Manifest.object(overlay, "Integration", "Deployment");
        if (workload.get("kind").textValue().equals("Deployment")) {
            return workload.at("/spec/template/metadata/labels");
        }
        Set<String> transferred = StreamSupport.stream(workload.at("/spec/traits/owner/targetLabels").spliterator(), false)
            .map(JsonNode::textValue).collect(Collectors.toSet());
        return workload.at("/metadata/labels").<ObjectNode>deepCopy().retain(transferred);
    }

    private static Set<Map.Entry<String, String>> entries(JsonNode labels) {
        return labels.properties().stream().map(label -> Map.entry(label.getKey(), label.getValue().textValue()))
            .collect(Collectors.toSet());
    }

    private static Map<String, String> files(String directory) throws IOException {
        Map<String, String> files = new HashMap<>();
        try (Stream<Path> paths = Files.list(Path.of("src/main/resources", directory))) {
            for (Path path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readString(path));
            }
        }
        return files;
    }
}
