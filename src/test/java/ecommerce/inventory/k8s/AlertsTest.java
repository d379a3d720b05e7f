package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The alerts fire when they should and only then, each has a section in the runbook, and the queries of the dashboard are valid. Prometheus
 * itself decides, by its promtool; without it these tests are skipped.
 */
class AlertsTest {

    private static final Path ALERTS = Manifest.ROOT.resolve("alerts/inventory-worker.yaml");
    private static final Path ALERTS_OF_ALL_CELLS = Manifest.ROOT.resolve("cells/components/monitoring/unrouted.yaml");
    private static final Path DASHBOARD = Manifest.ROOT.resolve("dashboards/inventory-worker.json");
    private static final Path RUNBOOK = Path.of("docs", "runbook.md");
    private static final Path UNIT_TESTS = Path.of("src/test/resources/alerts/alerts.test.yaml");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    @Test
    void everyRuleIsValid() throws IOException {
        promtool("check", "rules", rules());
    }

    @Test
    void everyAlertFiresWhenItShouldAndOnlyThen() throws IOException {
        promtool("test", "rules", yaml(UNIT_TESTS));
    }

    /** A healthy installation: the series of the unit tests, with the values that they have when all is well. */
    @Test
    void noAlertFiresWhenAllIsWell() throws IOException {
        JsonNode unitTests = yaml(UNIT_TESTS);
        ObjectNode healthy = unitTests.deepCopy();
        ObjectNode test = healthy.putArray("tests").addObject().put("name", "All is well").put("interval", "1m");
        ArrayNode series = test.putArray("input_series");
        new TreeSet<>(unitTests.findValuesAsText("series")).stream().filter(name -> name.matches(".*[{,]namespace=\"prod\".*"))
            .forEach(name -> series.addObject().put("series", name).put("values", whenAllIsWell(name)));
        ArrayNode quiet = test.putArray("alert_rule_test");
        alerts().forEach(alert -> {
            ObjectNode expected = quiet.addObject().put("alertname", name(alert)).put("eval_time", "2h");
            expected.putArray("exp_alerts");
        });

        assertThat(series).hasSizeGreaterThan(50);
        promtool("test", "rules", healthy);
    }

    private static String whenAllIsWell(String series) {
        boolean one = series.startsWith("inventory_consumer_running") || series.matches(".*ScalingActive.*status=\"true\".*");
        boolean counter = series.startsWith("inventory_event_latency_seconds_bucket");
        boolean two = series.matches("kube_(deployment_spec|horizontalpodautoscaler_status_current)_replicas.*");
        String start = one ? "1" : two ? "2" : series.contains("spec_max_replicas") ? "6" : series.startsWith("inventory_measurement_age") ? "7" : "0";
        return start + (counter ? "+99x120" : "+0x120");
    }

    /** Without this, an alert could have no unit test, or one in which everything fires. */
    @Test
    void everyAlertIsTestedByWhatFiresAndWhatDoesNot() throws IOException {
        JsonNode tests = yaml(UNIT_TESTS).get("tests");

        assertThat(alerts()).hasSizeGreaterThan(20).allSatisfy(alert -> {
            List<JsonNode> own = elements(tests).filter(test -> test.at("/alert_rule_test").findValuesAsText("alertname").contains(name(alert))).toList();
            assertThat(own).as(name(alert)).hasSize(1);
            List<JsonNode> firing = elements(own.get(0).get("alert_rule_test")).flatMap(test -> elements(test.get("exp_alerts"))).toList();
            assertThat(firing).as(name(alert)).isNotEmpty().allSatisfy(fired ->
                assertThat(fired.get("exp_labels").get("severity")).isEqualTo(alert.at("/labels/severity")));
            if (alerts(ALERTS).contains(alert)) {
                assertThat(firing.stream().map(fired -> fired.at("/exp_labels/namespace").textValue())).as("namespaces of " + name(alert))
                    .contains("prod").hasSizeGreaterThan(alert.get("expr").textValue().contains("inventory_") ? 1 : 0);
            }
            assertThat(own.get(0).get("input_series")).as("what does not fire").hasSizeGreaterThan(new TreeSet<>(firing.stream().map(JsonNode::toString).toList()).size());
        });
    }

    @Test
    void everyAlertSaysHowBadItIsAndForWhichNamespaceAndCell() throws IOException {
        assertThat(alerts()).allSatisfy(alert -> {
            assertThat(alert.at("/labels/severity").textValue()).isIn("critical", "warning");
            assertThat(alert.at("/annotations/summary").textValue()).isNotBlank();
            assertThat(alert.at("/annotations/description").textValue()).isNotBlank();
            assertThat(alert.get("for").textValue()).as("read by rules.bicep too").matches("[1-9]\\d*m");
        });
        assertThat(alerts(ALERTS)).allSatisfy(alert ->
            assertThat(groupings(alert.get("expr").textValue())).as(name(alert)).isNotEmpty()
                .allMatch(labels -> labels.matches("namespace, (cell|deployment|pod|job_name|horizontalpodautoscaler|scaledObject)\\b.*")));
        assertThat(alerts(ALERTS_OF_ALL_CELLS)).as("all count the same messages").isNotEmpty().allSatisfy(alert ->
            assertThat(groupings(alert.get("expr").textValue())).isNotEmpty().containsOnly("topic"));
    }

    /** The label cell comes from the worker, so only queries of its metrics can have it. */
    private static List<String> groupings(String query) {
        return Pattern.compile("\\bby \\(([^)]+)\\)").matcher(query).results().map(match -> match.group(1)).toList();
    }

    @Test
    void everyAlertHasASectionInTheRunbookAndEachSectionAnAlert() throws IOException {
        List<String> sections = Pattern.compile("(?m)^### (\\w+)$").matcher(Files.readString(RUNBOOK)).results().map(match -> match.group(1)).toList();

        assertThat(sections).containsExactlyElementsOf(alerts().stream().map(AlertsTest::name).toList());
        assertThat(alerts()).allSatisfy(alert ->
            assertThat(alert.at("/annotations/runbook_url").textValue()).isEqualTo("docs/runbook.md#" + name(alert).toLowerCase(Locale.ROOT)));
    }

    @Test
    void aSectionOfTheRunbookSaysWhatItMeansWhatToLookAtAndWhatToDo() throws IOException {
        assertThat(Files.readString(RUNBOOK).split("(?m)^### ")).hasSizeGreaterThan(20).filteredOn(section -> section.startsWith("Inventory"))
            .allSatisfy(section -> assertThat(section).containsPattern("(?s)\\*\\*Meaning\\.\\*\\*.*\\*\\*Check\\.\\*\\*.*\\*\\*Action\\.\\*\\*"));
    }

    @Test
    void theRunbookIsFoundWhereOnePlaceSaysThatItIs(@TempDir Path copy) throws IOException {
        Path kustomization = Path.of("alerts/kustomization.yaml");
        Path ofAllCells = Path.of("cells/components/monitoring/kustomization.yaml");
        for (Path file : List.of(kustomization, ofAllCells, Manifest.ROOT.relativize(ALERTS), Manifest.ROOT.relativize(ALERTS_OF_ALL_CELLS))) {
            Files.createDirectories(copy.resolve(file).getParent());
            Files.writeString(copy.resolve(file), Files.readString(Manifest.ROOT.resolve(file))
                .replace("url=docs/runbook.md", "url=https://wiki.example/inventory").replace("  - ../../../dashboards\n", ""));
        }

        assertThat(Manifest.objects(copy.resolve("alerts").toString())).as("and nothing else").hasSize(1);
        assertThat(Manifest.objects(copy.resolve(ofAllCells).getParent().toString()).stream()
            .flatMap(rule -> rule.findValuesAsText("runbook_url").stream())).hasSameSizeAs(alerts())
            .allMatch(url -> url.matches("https://wiki\\.example/inventory#inventory\\w+"));
        assertThat(Manifest.object("overlays/prod", "PrometheusRule").findValuesAsText("runbook_url")).hasSameSizeAs(alerts(ALERTS))
            .allMatch(url -> url.startsWith("docs/runbook.md#"));
    }

    /** Else the Prometheus of a stock kube-prometheus-stack ignores them in silence. */
    @Test
    void prometheusFindsTheMonitorAndTheRules() {
        for (String overlay : List.of("overlays/prod", "overlays/deployment")) {
            assertThat(Manifest.objects(overlay, "PodMonitor", "PrometheusRule").toList()).hasSize(2)
                .allMatch(object -> object.at("/metadata/labels/release").asText().equals("kube-prometheus-stack"));
            assertThat(Manifest.object(overlay, "PodMonitor").at("/spec/selector").toString()).as("the pods do not have it").doesNotContain("release");
        }
    }

    @Test
    void azureMonitorGetsItsOwnMonitorAndItsWayIn() throws IOException {
        Path overlay = Files.createDirectory(directory.toRealPath().resolve("azure"));
        String root = overlay.relativize(Manifest.ROOT.toRealPath()).toString();
        Files.writeString(overlay.resolve("kustomization.yaml"),
            "kind: Kustomization\nresources: [" + root + "/overlays/prod]\ncomponents: [" + root + "/monitoring-azure]\n");

        JsonNode monitor = Manifest.object(overlay.toString(), "PodMonitor");
        assertThat(monitor.get("apiVersion").textValue()).isEqualTo("azmonitoring.coreos.com/v1");
        assertThat(monitor.get("spec")).isEqualTo(Manifest.object("overlays/prod", "PodMonitor").get("spec"));
        assertThat(Manifest.objects(overlay.toString()).stream().map(object -> object.get("apiVersion").textValue()))
            .as("an API that the cluster does not have would end the apply").doesNotContain("monitoring.coreos.com/v1");
        JsonNode policy = Manifest.objects(overlay.toString(), "NetworkPolicy")
            .filter(object -> object.at("/metadata/name").textValue().equals("inventory-worker-azure-monitor")).findFirst().orElseThrow();
        assertThat(ManifestSchema.problems(policy)).isEmpty();
        assertThat(policy.at("/spec/podSelector/matchLabels")).isEqualTo(Manifest.object("overlays/prod", "PodMonitor").at("/spec/selector/matchLabels"));
        assertThat(policy.at("/spec/ingress/0/from/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name").textValue()).isEqualTo("kube-system");
        assertThat(policy.at("/spec/ingress/0/ports").findValuesAsText("port")).containsExactly("9876");
    }

    @Test
    void azureMonitorGetsTheSameRules() throws IOException {
        String bicep = Files.readString(Manifest.ROOT.resolve("monitoring-azure/rules.bicep"));

        assertThat(bicep).contains("var groups = concat(loadYamlContent('../alerts/inventory-worker.yaml').spec.groups, cells)\n",
            "var cells = loadYamlContent('../cells/components/monitoring/unrouted.yaml').spec.groups\n", "[for group in groups:", "[for rule in group.rules:",
            "alert: rule.alert\n", "expression: rule.expr\n", "for: 'PT${toUpper(rule.for)}'\n", "severity: severities[rule.labels.severity]\n");
        assertThat(alerts().stream().map(alert -> alert.at("/labels/severity").textValue()).distinct())
            .allMatch(severity -> bicep.matches("(?s).*var severities = \\{[^}]*\\b" + severity + ": \\d\\n.*"));
        assertThat(rules().get("groups")).hasSize(4)
            .allSatisfy(group -> assertThat(group.get("rules").size()).as("the most that Azure Monitor accepts").isLessThanOrEqualTo(20));
    }

    @Test
    void everyQueryOfTheDashboardIsValid() throws IOException {
        ObjectNode rules = JSON.createObjectNode();
        ArrayNode recordings = rules.putArray("groups").addObject().put("name", "dashboard").putArray("rules");
        queries().forEach(query -> recordings.addObject().put("record", "query:" + recordings.size()).put("expr", query));

        assertThat(recordings).hasSizeGreaterThan(15);
        promtool("check", "rules", rules);
    }

    @Test
    void everyPanelShowsTheNamespacesAndCellsThatAreChosen() throws IOException {
        JsonNode variables = JSON.readTree(DASHBOARD.toFile()).at("/templating/list");
        assertThat(variables.findValuesAsText("name")).containsExactly("datasource", "namespace", "cell");
        assertThat(variables.get(2).get("allValue").textValue()).as("also matches metrics without a cell").isEqualTo(".*");

        assertThat(queries()).allSatisfy(query -> {
            List<String> selectors = Pattern.compile("\\b[a-z][a-z_]*_[a-z_]+\\{([^}]*)}").matcher(query).results().map(match -> match.group(1)).toList();
            assertThat(selectors).as(query).isNotEmpty().allMatch(selector -> selector.contains("namespace=~\"$namespace\""))
                .allMatch(selector -> selector.contains("cell=~\"$cell\"") || query.contains("kube_"));
            assertThat(query).doesNotContainPattern("(inventory|hikaricp|jvm)_[a-z_]+([^a-z_{]|$)");
            assertThat(groupings(query)).as(query).isNotEmpty().allMatch(labels -> labels.startsWith("namespace, "));
        });
    }

    /** Between two bounds a quantile is a guess. */
    @Test
    void theLatencyThatIsPromisedIsABoundOfTheHistogram() throws IOException {
        assertThat(alerts()).filteredOn(alert -> name(alert).equals("InventoryLatencyHigh")).singleElement()
            .satisfies(alert -> assertThat(alert.get("expr").textValue()).endsWith(" > 1"));
        assertThat(Defaults.of("management.metrics.distribution.slo.inventory.event.latency").split(",")).contains("1s");
    }

    /** Other applications of the cluster have these metrics too. */
    @Test
    void connectionsAndMemoryAreThoseOfTheWorker() throws IOException {
        String asked = Files.readString(DASHBOARD).replace("\\\"", "\"") + Files.readString(ALERTS);

        assertThat(Pattern.compile("\\b(hikaricp|jvm)_[a-z_]+(\\{[^}]*})?").matcher(asked).results().map(MatchResult::group)).hasSizeGreaterThan(3)
            .allMatch(selector -> selector.contains("application=\"" + Defaults.of("spring.application.name") + "\""));
    }

    private static List<String> queries() throws IOException {
        return JSON.readTree(DASHBOARD.toFile()).get("panels").findValuesAsText("expr");
    }

    private static List<JsonNode> alerts() throws IOException {
        return Stream.concat(alerts(ALERTS).stream(), alerts(ALERTS_OF_ALL_CELLS).stream()).toList();
    }

    private static List<JsonNode> alerts(Path file) throws IOException {
        return elements(yaml(file).at("/spec/groups")).flatMap(group -> elements(group.get("rules"))).toList();
    }

    /** The groups of both files. */
    private static ObjectNode rules() throws IOException {
        ObjectNode rules = JSON.createObjectNode();
        ArrayNode groups = rules.putArray("groups");
        for (Path file : List.of(ALERTS, ALERTS_OF_ALL_CELLS)) {
            yaml(file).at("/spec/groups").forEach(groups::add);
        }
        return rules;
    }

    private static JsonNode yaml(Path file) throws IOException {
        return JSON.valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file)));
    }

    private static String name(JsonNode alert) {
        return alert.get("alert").textValue();
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    /**
     * Runs promtool.
     *
     * @param file rules, or unit tests of the rules
     */
    private void promtool(String command, String what, JsonNode file) throws IOException {
        assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(path -> Path.of(path, "promtool").toFile().canExecute()),
            "promtool (Debian: prometheus) is not installed: alerts and dashboard are not checked by Prometheus");
        ObjectNode rules = rules();
        // Unit tests would have to repeat them.
        rules.findParents("annotations").forEach(rule -> ((ObjectNode) rule).remove("annotations"));
        JSON.writeValue(directory.resolve("rules.yaml").toFile(), rules);
        JSON.writeValue(directory.resolve("file.yaml").toFile(), file);
        Process process = new ProcessBuilder("promtool", command, what, directory.resolve("file.yaml").toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.onExit().join().exitValue()).as(output).isZero();
    }
}
