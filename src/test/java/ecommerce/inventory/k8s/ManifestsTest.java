package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.MigrateDatabase;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The manifests agree with each other, with the worker's settings and files, and with the documents. */
class ManifestsTest {

    static final List<String> OVERLAYS = Manifest.OVERLAYS;
    /** Those that sign in with Entra ID. */
    static final List<String> IN_AZURE = List.of("overlays/prod", "overlays/deployment");
    /** Addresses of the cluster, of the networks around it, and of a node's metadata service. */
    private static final List<String> PRIVATE_AND_LINK_LOCAL = List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16");

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everyRouteAndStatementIsInItsConfigMap(String overlay) throws IOException {
        for (String folder : folders()) {
            assertThat(Manifest.data(overlay, "inventory-worker-routes-" + folder)).as(folder).isEqualTo(files("routes/" + folder));
        }
    }

    /** Each folder of routes is mounted at its own path: if all were in one, Camel would find no route, and start without any. */
    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everyFolderOfRoutesIsMounted(String overlay) {
        Map<String, String> folders = StreamSupport.stream(Manifest.pod(overlay).get("volumes").spliterator(), false)
            .filter(volume -> volume.at("/configMap/name").asText().startsWith("inventory-worker-routes-"))
            .collect(Collectors.toMap(volume -> volume.get("name").textValue(), volume -> volume.at("/configMap/name").textValue()));

        assertThat(folders).containsOnlyKeys(folders()).allSatisfy((folder, map) -> assertThat(map).startsWith("inventory-worker-routes-" + folder));
        assertThat(StreamSupport.stream(Manifest.container(overlay).get("volumeMounts").spliterator(), false)
            .filter(mount -> folders.containsKey(mount.get("name").textValue())))
            .hasSameSizeAs(folders.keySet())
            .allMatch(mount -> mount.get("mountPath").textValue().endsWith("/resources/routes/" + mount.get("name").textValue()));
    }

    private static String[] folders() {
        return Path.of("src/main/resources/routes").toFile().list();
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
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
            .map(map -> map.get("name").textValue()).distinct())
            .hasSize(1 + folders().length).allMatch(name -> name.matches(".*-[a-z0-9]{10}"), "ends with a hash of its content")
            .allSatisfy(name -> assertThat(configMap(overlay, name).path("immutable").booleanValue()).as(name + " cannot be changed").isTrue());
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void thereIsOneImage(String overlay) {
        assertThat(Manifest.objects(overlay).stream().flatMap(object -> object.findValuesAsText("image").stream()).distinct())
            .singleElement().asString().matches(".+/inventory-worker:[^:/]+");
    }

    /** Instead of a worker that fails without its tables, and is restarted later and later. */
    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void aPodWaitsForItsTablesAsTheWorkerAndMigratesNothing(String overlay) {
        assertThat(Manifest.pod(overlay).get("initContainers")).singleElement().satisfies(wait -> {
            JsonNode worker = Manifest.container(overlay);
            assertThat(elements(wait.get("command")).map(JsonNode::textValue)).startsWith("java").endsWith(MigrateDatabase.class.getName(), "--wait");
            for (String shared : List.of("env", "envFrom", "securityContext")) {
                assertThat(wait.get(shared)).as(shared).isEqualTo(worker.get(shared));
            }
        });
    }

    /** The Job that {@code kubectl}, Argo CD or Flux find when they apply the same or another version. */
    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theMigrationCanBeAppliedAgainMayTakeHoursAndItsFailureStaysForAWeekend(String overlay) {
        JsonNode job = Manifest.object(overlay, "Job");

        assertThat(job.at("/metadata/annotations").toString()).contains("\"argocd.argoproj.io/hook\":\"Sync\"",
            "\"argocd.argoproj.io/hook-delete-policy\":\"BeforeHookCreation\"", "\"kustomize.toolkit.fluxcd.io/force\":\"enabled\"");
        assertThat(Duration.ofSeconds(job.at("/spec/activeDeadlineSeconds").longValue())).isGreaterThan(Duration.ofHours(4));
        assertThat(Duration.ofSeconds(job.at("/spec/ttlSecondsAfterFinished").longValue())).isGreaterThan(Duration.ofDays(3));
        assertThat(job.at("/spec/template/spec/restartPolicy").textValue()).as("each attempt keeps its log").isEqualTo("Never");
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everyVariableAndEveryFileOfASecretIsASetting(String overlay) throws IOException {
        Set<String> settings = new TreeSet<>();
        Set<String> variables = new TreeSet<>();
        for (Resource metadata : new PathMatchingResourcePatternResolver()
                .getResources("classpath*:META-INF/*spring-configuration-metadata.json")) {
            for (JsonNode setting : new ObjectMapper().readTree(metadata.getInputStream()).path("properties")) {
                settings.add(setting.get("name").textValue());
                variables.add(setting.get("name").textValue().replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT));
            }
        }

        assertThat(Manifest.environment(overlay).keySet()).hasSizeGreaterThan(4).isSubsetOf(variables);
        assertThat(pods(overlay)).allSatisfy(pod -> assertThat(Manifest.secretFiles(pod).keySet()).isNotEmpty().isSubsetOf(settings));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theDatabaseIsChangedByTheMigrationAloneAndEachHasItsRole(String overlay) throws IOException {
        String roles = Files.readString(Manifest.ROOT.resolve("database/roles.sql"));
        Map<String, String> migration = Manifest.variables(Manifest.object(overlay, "Job").at("/spec/template/spec/containers/0/env"));

        assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_DATABASE_MIGRATEATSTART", "false");
        assertThat(roles).contains("CREATE ROLE " + Manifest.environment(overlay).get("SPRING_DATASOURCE_USERNAME") + " LOGIN",
            "CREATE ROLE " + migration.get("SPRING_DATASOURCE_USERNAME") + " LOGIN");
        assertThat(Manifest.environment(overlay).get("SPRING_DATASOURCE_USERNAME")).as("not the owner of the tables")
            .isNotEqualTo(migration.get("SPRING_DATASOURCE_USERNAME"));
        assertThat(Manifest.environment(overlay)).as("does not run the grants").doesNotContainKey("SPRING_FLYWAY_LOCATIONS");
        assertThat(migration).containsEntry("SPRING_FLYWAY_LOCATIONS", "classpath:db/migration,classpath:db/roles");
        assertThat(new ClassPathResource("db/roles/afterMigrate.sql").exists()).isTrue();
    }

    /** SQL from a ConfigMap would run as the owner of the tables. */
    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theMigrationRunsNothingButWhatIsInTheImage(String overlay) {
        JsonNode migration = Manifest.object(overlay, "Job");

        assertThat(migration.findValues("configMap")).isEmpty();
        assertThat(migration.findValues("configMapRef")).isEmpty();
        assertThat(migration.findValues("configMapKeyRef")).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everySecretIsAFileThatOnlyTheGroupOfTheProcessReads(String overlay) {
        assertThat(pods(overlay)).allSatisfy(pod -> {
            assertThat(pod.findValues("secretKeyRef")).as("environment variables").isEmpty();
            assertThat(pod.findValues("secretRef")).as("environment variables").isEmpty();
            JsonNode volume = StreamSupport.stream(pod.get("volumes").spliterator(), false).filter(v -> v.has("projected")).findFirst().orElseThrow();
            assertThat(volume.at("/projected/defaultMode").intValue()).isEqualTo(0440);
            assertThat(pod.at("/securityContext/fsGroup").intValue()).isEqualTo(pod.at("/securityContext/runAsGroup").intValue()).isPositive();
            JsonNode container = pod.at("/containers/0");
            JsonNode mount = StreamSupport.stream(container.get("volumeMounts").spliterator(), false)
                .filter(m -> m.get("name").equals(volume.get("name"))).findFirst().orElseThrow();
            assertThat(Manifest.variables(container.get("env")))
                .containsEntry("SPRING_CONFIG_IMPORT", "configtree:" + mount.get("mountPath").textValue() + "/");
        });
        assertThat(Manifest.secretFiles(Manifest.pod(overlay))).containsEntry("spring.datasource.password", "inventory-worker-database/worker-password")
            .containsEntry("inventory.operator.token", "inventory-worker-operator/token");
        assertThat(Manifest.secretFiles(pods(overlay).get(1))).as("of the migration")
            .containsEntry("spring.datasource.password", "inventory-worker-migration/password")
            .doesNotContainKeys("inventory.operator.token", "inventory.servicebus.connection-string");
        Set<String> secrets = Set.of("spring.datasource.password", "inventory.servicebus.connectionstring", "inventory.operator.token");
        Manifest.objects(overlay).forEach(object -> {
            assertThat(settingsOf(object)).as("plain values of %s", Manifest.nameOf(object)).doesNotContainAnyElementsOf(secrets);
            assertThat(object.toString()).as(Manifest.nameOf(object)).doesNotContainIgnoringCase("password=");
        });
        assertThat(settingsOf(Manifest.object(overlay, "Job"))).as("settings that this test finds").contains("spring.datasource.username");
    }

    /** With Entra ID there is no password, but a database with passwords is possible. */
    @Test
    void noSecretIsRequiredInAzureAndAPasswordIsInDevelopment() {
        for (String overlay : IN_AZURE) {
            assertThat(pods(overlay)).flatMap(pod -> pod.get("volumes").findValues("secret")).hasSize(3)
                .allMatch(secret -> secret.path("optional").booleanValue());
            JsonNode migration = Manifest.object(overlay, "Job").at("/spec/template/spec/containers/0/env");
            assertThat(Manifest.variables(migration).get("SPRING_DATASOURCE_URL")).contains("AzurePostgresqlAuthenticationPlugin")
                .isEqualTo(Manifest.environment(overlay).get("SPRING_DATASOURCE_URL"));
        }
        assertThat(pods("overlays/dev")).allSatisfy(pod -> {
            assertThat(Manifest.secretFiles(pod)).containsEntry("spring.datasource.url", "inventory-worker-database/url");
            assertThat(pod.get("volumes").findValues("secret")).filteredOn(secret -> !secret.path("optional").booleanValue())
                .extracting(secret -> secret.get("name").textValue()).contains(Manifest.secretFiles(pod).get("spring.datasource.password").replaceFirst("/.*", ""));
        });
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void everySecretIsInTheInstructions(String overlay) {
        String instructions = instructions();
        Set<String> keys = new TreeSet<>();
        for (JsonNode object : Manifest.objects(overlay)) {
            if (object.at("/spec/template/spec/volumes").isArray()) {
                keys.addAll(Manifest.secretFiles(object.at("/spec/template/spec")).values());
            }
        }

        assertThat(keys).contains("inventory-worker-database/worker-password")
            .allSatisfy(key -> assertThat(instructions).containsPattern(
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
        assertThat(container.findValues("httpGet")).hasSize(3).allMatch(probe -> probe.get("port").textValue().equals("management"));
        assertThat(Manifest.object(overlay, "Service").at("/spec/ports/0/targetPort").textValue()).isEqualTo("http");
        assertThat(policy(overlay, "inventory-worker").at("/spec/ingress").findValues("port"))
            .extracting(JsonNode::intValue).containsExactlyInAnyOrderElementsOf(ports.values());
        Manifest.objects(overlay, "PodMonitor").forEach(monitor ->
            assertThat(monitor.at("/spec/podMetricsEndpoints/0/port").textValue()).isEqualTo("management"));
    }

    /**
     * A version that does not reach PostgreSQL or Service Bus replaces none that does. Once started, a pod serves page and API whatever is
     * unavailable, and only what a restart mends restarts it.
     */
    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void aPodStartsWhenItCanWorkAndAnOutageTakesNeitherThePodNorThePageAway(String overlay) {
        JsonNode container = Manifest.container(overlay);

        assertThat(container.at("/startupProbe/httpGet/path").textValue()).isEqualTo("/actuator/health/readiness");
        assertThat(container.at("/readinessProbe/httpGet/path").textValue()).isEqualTo("/actuator/health/readinessState");
        assertThat(container.at("/livenessProbe/httpGet/path").textValue()).isEqualTo("/actuator/health/liveness");
        assertThat(container.at("/startupProbe/failureThreshold").intValue() * container.at("/startupProbe/periodSeconds").intValue())
            .as("seconds").isGreaterThanOrEqualTo(1_800);
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
            elements(Manifest.pod(overlay).get("topologySpreadConstraints")).map(spread -> spread.at("/labelSelector/matchLabels"))).flatMap(all -> all);

        assertThat(selectors.map(ManifestsTest::entries)).hasSizeGreaterThanOrEqualTo(4)
            .allMatch(labels -> !labels.isEmpty() && (worker.containsAll(labels) || migration.containsAll(labels)));
        assertThat(Manifest.objects(overlay, "NetworkPolicy").toList()).hasSizeGreaterThanOrEqualTo(4).allSatisfy(policy ->
            assertThat(selects(policy, worker) || selects(policy, migration)).as(Manifest.nameOf(policy)).isTrue());
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void onlyPodsThatAreLabelledAsClientsReachThePageAndTheApi(String overlay) {
        JsonNode from = from(overlay, 8080);

        assertThat(from).hasSize(2).allSatisfy(peer ->
            assertThat(peer.at("/podSelector/matchLabels").toString()).isEqualTo("{\"inventory-worker/client\":\"true\"}"));
        assertThat(from).filteredOn(peer -> peer.has("namespaceSelector")).singleElement().satisfies(peer ->
            assertThat(peer.at("/namespaceSelector/matchLabels").toString()).isEqualTo("{\"inventory-worker/client\":\"true\"}"));
        assertThat(instructions()).contains("`inventory-worker/client: \"true\"`");
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void onlyPrometheusReachesTheMetrics(String overlay) {
        assertThat(from(overlay, Integer.parseInt(Defaults.of("management.server.port")))).singleElement().satisfies(peer -> {
            assertThat(peer.at("/namespaceSelector/matchLabels/kubernetes.io~1metadata.name").textValue()).isEqualTo("monitoring");
            assertThat(peer.at("/podSelector/matchLabels/app.kubernetes.io~1name").textValue()).isEqualTo("prometheus");
        });
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void whatIsReachedHasAnAddressThatIsSetInOnePlace(String overlay) {
        List<JsonNode> rules = Manifest.objects(overlay, "NetworkPolicy").flatMap(policy -> elements(policy.at("/spec/egress"))).toList();

        assertThat(rules).hasSizeGreaterThanOrEqualTo(4).allSatisfy(rule -> {
            assertThat(rule.path("ports")).isNotEmpty();
            assertThat(rule.path("to")).isNotEmpty().allSatisfy(peer -> {
                if (peer.has("ipBlock")) {
                    assertThat(isPrivate(peer.at("/ipBlock/cidr").textValue()) || exceptions(peer).containsAll(PRIVATE_AND_LINK_LOCAL)
                        || ports(rule).equals(Set.of(53))).as(peer.toString()).isTrue();
                } else {
                    assertThat(peer.at("/namespaceSelector/matchLabels")).isNotEmpty();
                    assertThat(peer.at("/podSelector/matchLabels")).isNotEmpty();
                    assertThat(ports(rule)).as("in the cluster").containsOnly(53);
                }
            });
        });
        assertThat(rules.stream().filter(rule -> ports(rule).contains(53))).as("both resolve names").hasSize(2).allSatisfy(rule -> {
            assertThat(rule.get("ports").findValuesAsText("protocol")).containsExactlyInAnyOrder("UDP", "TCP");
            assertThat(rule.get("to").findValuesAsText("k8s-app")).containsExactly("kube-dns");
            assertThat(rule.get("to").findValuesAsText("cidr")).as("a cache on the node").containsExactly("169.254.0.0/16");
        });
        assertThat(instructions()).contains("k8s/addresses/database.yaml", "k8s/addresses/service-bus.yaml");
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void theWorkerReachesTheDatabaseAndServiceBusAndTheMigrationTheDatabaseOnly(String overlay) {
        Set<Integer> signIn = IN_AZURE.contains(overlay) ? Set.of(443) : Set.of();

        assertThat(portsReachedBy(overlay, entries(podLabels(overlay)))).containsExactlyInAnyOrderElementsOf(with(signIn, 53, 5432, 5671));
        assertThat(portsReachedBy(overlay, entries(Manifest.object(overlay, "Job").at("/spec/template/metadata/labels"))))
            .containsExactlyInAnyOrderElementsOf(with(signIn, 53, 5432));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void noContainerHasARightThatItDoesNotNeed(String overlay) {
        assertThat(pods(overlay)).allSatisfy(pod -> {
            assertThat(pod.get("automountServiceAccountToken").booleanValue()).isFalse();
            assertThat(pod.at("/securityContext/runAsUser").intValue()).isPositive();
            assertThat(Manifest.containers(pod)).isNotEmpty().allSatisfy(container -> {
                JsonNode security = container.get("securityContext");
                assertThat(security.get("runAsNonRoot").booleanValue()).isTrue();
                assertThat(security.get("readOnlyRootFilesystem").booleanValue()).isTrue();
                assertThat(security.get("allowPrivilegeEscalation").booleanValue()).isFalse();
                assertThat(security.get("capabilities").toString()).isEqualTo("{\"drop\":[\"ALL\"]}");
                assertThat(security.at("/seccompProfile/type").textValue()).isEqualTo("RuntimeDefault");
                assertThat(container.get("resources").findValues("memory")).as("request and limit").hasSize(2).hasSameElementsAs(
                    List.of(container.at("/resources/limits/memory")));
                assertThat(container.get("volumeMounts")).anyMatch(mount -> mount.get("mountPath").textValue().equals("/tmp"))
                    .allMatch(mount -> mount.get("mountPath").textValue().equals("/tmp") || mount.path("readOnly").booleanValue());
            });
        });
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void aPodIsGivenTheTimeThatTheWorkerTakesToStop(String overlay) {
        Duration requestsArrive = Duration.ofSeconds(Manifest.container(overlay).at("/lifecycle/preStop/sleep/seconds").longValue());

        assertThat(requestsArrive).isPositive();
        assertThat(Duration.ofSeconds(Manifest.pod(overlay).get("terminationGracePeriodSeconds").longValue()))
            .isGreaterThan(requestsArrive.plus(DurationStyle.detectAndParse(Defaults.of("spring.lifecycle.timeout-per-shutdown-phase"))));
    }

    @ParameterizedTest
    @FieldSource("OVERLAYS")
    void podsOfAVersionAreSpreadOverZonesAndNodes(String overlay) {
        JsonNode spread = Manifest.pod(overlay).get("topologySpreadConstraints");

        assertThat(spread.findValuesAsText("topologyKey")).containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
        assertThat(spread).allMatch(constraint -> constraint.at("/matchLabelKeys/0").asText().equals("pod-template-hash"));
    }

    /** As many as PostgreSQL allows: all instances, the one more of a rollout, and one that still ends. */
    @Test
    void aRolloutStaysWithinTheConnectionsOfTheWorkersRole() throws IOException {
        Matcher limit = Pattern.compile("inventory_worker .*CONNECTION LIMIT (\\d+)").matcher(Files.readString(Manifest.ROOT.resolve("database/roles.sql")));
        assertThat(limit.find()).isTrue();
        for (String overlay : IN_AZURE) {
            JsonNode workload = Manifest.object(overlay, "Integration", "Deployment");
            int surge = Stream.of("/spec/traits/deployment/rollingUpdateMaxSurge", "/spec/strategy/rollingUpdate/maxSurge")
                .map(workload::at).filter(JsonNode::isInt).findFirst().orElseThrow().intValue();
            int instances = Manifest.object(overlay, "ScaledObject").at("/spec/maxReplicaCount").intValue();

            assertThat((instances + surge + 1) * Integer.parseInt(Defaults.of("spring.datasource.hikari.maximum-pool-size")))
                .isLessThanOrEqualTo(Integer.parseInt(limit.group(1)));
        }
    }

    @Test
    void productionSignsInWithIdentitiesAndDevelopmentWithAConnectionString() {
        for (String overlay : IN_AZURE) {
            assertThat(Manifest.environment(overlay)).containsEntry("INVENTORY_SERVICEBUS_CREDENTIALTYPE", "AZURE_IDENTITY")
                .containsKey("INVENTORY_SERVICEBUS_NAMESPACE");
            assertThat(Manifest.secretFiles(Manifest.pod(overlay))).doesNotContainKey("inventory.servicebus.connection-string");
            JsonNode migration = Manifest.object(overlay, "Job").at("/spec/template");
            assertThat(List.of(podLabels(overlay), migration.at("/metadata/labels"))).allMatch(labels ->
                labels.path("azure.workload.identity/use").asText().equals("true"));
            List<String> accounts = Stream.of(Manifest.object(overlay, "Integration", "Deployment").findValue("serviceAccountName"),
                migration.at("/spec/serviceAccountName")).map(JsonNode::textValue).toList();
            assertThat(accounts).doesNotHaveDuplicates().map(account -> named(overlay, "ServiceAccount", account)
                .at("/metadata/annotations/azure.workload.identity~1client-id").textValue()).doesNotContainNull().doesNotHaveDuplicates();
        }
        assertThat(Manifest.environment("overlays/dev")).doesNotContainKey("INVENTORY_SERVICEBUS_CREDENTIALTYPE");
        assertThat(Manifest.secretFiles(Manifest.pod("overlays/dev"))).containsKey("inventory.servicebus.connection-string");
    }

    /** Without it the operator of Camel K does nothing, and says so nowhere near the Integration. */
    @Test
    void thePlatformHasTheNameThatTheOperatorLooksForAndARegistry() {
        JsonNode platform = Manifest.object("camel-k", "IntegrationPlatform");

        assertThat(platform.at("/metadata/name").textValue()).isEqualTo("camel-k");
        assertThat(platform.at("/spec/build/registry/address").asText()).isNotEmpty();
    }

    @Test
    void theScalerLooksAtWhatTheWorkerReceives() {
        for (String overlay : IN_AZURE) {
            JsonNode scaled = Manifest.object(overlay, "ScaledObject");
            JsonNode workload = Manifest.object(overlay, "Integration", "Deployment");

            ObjectNode target = new ObjectMapper().createObjectNode();
            target.set("apiVersion", workload.get("apiVersion"));
            target.set("kind", workload.get("kind"));
            target.set("name", workload.at("/metadata/name"));
            assertThat(scaled.at("/spec/scaleTargetRef")).isEqualTo(target);
            assertThat(workload.at("/spec/replicas").isMissingNode()).as("left to the scaler").isTrue();
            assertThat(scaled.at("/spec/fallback/replicas")).as("without counts").isEqualTo(scaled.at("/spec/maxReplicaCount"));
            assertThat(elements(scaled.at("/spec/triggers")).flatMap(trigger -> trigger.get("metadata").propertyStream().map(Map.Entry::getKey)))
                .as("KEDA ignores what it does not know").containsOnly("topicName", "subscriptionName", "queueName", "namespace", "messageCount");
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

    /** The worker's settings in the environment variables or the ConfigMap of an object, without hyphens. */
    private static List<String> settingsOf(JsonNode object) {
        Stream<String> variables = object.findValues("env").stream().flatMap(ManifestsTest::elements).map(variable -> variable.get("name").textValue());
        Stream<String> data = object.path("data").properties().stream().map(Map.Entry::getKey);
        return Stream.concat(variables, data).map(name -> name.toLowerCase(Locale.ROOT).replace('_', '.')).toList();
    }

    /** The labels of the pod: Camel K copies those that the Integration names. */
    private static JsonNode podLabels(String overlay) {
        JsonNode workload = Manifest.object(overlay, "Integration", "Deployment");
        if (workload.get("kind").textValue().equals("Deployment")) {
            return workload.at("/spec/template/metadata/labels");
        }
        Set<String> transferred = StreamSupport.stream(workload.at("/spec/traits/owner/targetLabels").spliterator(), false)
            .map(JsonNode::textValue).collect(Collectors.toSet());
        return workload.at("/metadata/labels").<ObjectNode>deepCopy().retain(transferred);
    }

    /** The pods of the worker and of the migration. */
    private static List<JsonNode> pods(String overlay) {
        return List.of(Manifest.pod(overlay), Manifest.object(overlay, "Job").at("/spec/template/spec"));
    }

    private static JsonNode configMap(String overlay, String name) {
        return named(overlay, "ConfigMap", name);
    }

    private static JsonNode policy(String overlay, String name) {
        return named(overlay, "NetworkPolicy", name);
    }

    private static JsonNode named(String overlay, String kind, String name) {
        return Manifest.objects(overlay, kind).filter(object -> object.at("/metadata/name").textValue().equals(name)).findFirst().orElseThrow();
    }

    /** Whether a policy applies to pods with these labels. */
    private static boolean selects(JsonNode policy, Set<Map.Entry<String, String>> labels) {
        JsonNode selector = policy.at("/spec/podSelector");
        assertThat(selector).as("an empty selector would match all pods").isNotEmpty();
        return labels.containsAll(entries(selector.path("matchLabels"))) && elements(selector.path("matchExpressions")).allMatch(expression -> {
            assertThat(expression.get("operator").textValue()).isEqualTo("In");
            return elements(expression.get("values")).anyMatch(value -> labels.contains(Map.entry(expression.get("key").textValue(), value.textValue())));
        });
    }

    private static Set<Integer> portsReachedBy(String overlay, Set<Map.Entry<String, String>> labels) {
        return Manifest.objects(overlay, "NetworkPolicy").filter(policy -> selects(policy, labels))
            .flatMap(policy -> policy.at("/spec/egress").findValues("port").stream()).map(JsonNode::intValue).collect(Collectors.toSet());
    }

    /** The sources that may connect to a port of the worker. */
    private static JsonNode from(String overlay, int port) {
        List<JsonNode> rules = Manifest.objects(overlay, "NetworkPolicy").flatMap(policy -> elements(policy.at("/spec/ingress")))
            .filter(rule -> !rule.has("ports") || rule.get("ports").findValues("port").stream().anyMatch(p -> p.intValue() == port)).toList();
        assertThat(rules).as("rules of port " + port).hasSize(1);
        return rules.get(0).path("from");
    }

    private static Set<Integer> ports(JsonNode rule) {
        return rule.get("ports").findValues("port").stream().map(JsonNode::intValue).collect(Collectors.toSet());
    }

    private static Set<Integer> with(Set<Integer> more, Integer... ports) {
        return Stream.concat(more.stream(), Stream.of(ports)).collect(Collectors.toSet());
    }

    private static boolean isPrivate(String cidr) {
        return cidr.matches("(10|192\\.168|172\\.(1[6-9]|2\\d|3[01]))\\..*/([89]|[12]\\d|3[0-2])");
    }

    private static List<String> exceptions(JsonNode peer) {
        return elements(peer.at("/ipBlock/except")).map(JsonNode::textValue).toList();
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static String instructions() {
        try {
            return Files.readString(Path.of("docs", "deploy.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
