package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.support.GeneratedFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * What follows from the list of cells, {@code k8s/cells/cells.yaml}; {@code -Dupdate} writes it: the kustomizations, and the topology of
 * Service Bus. And what the manifests of a cell have to agree on.
 */
class CellListTest {

    private static final Path CELLS = Manifest.ROOT.resolve("cells");
    private static final Path TOPOLOGY = Path.of("servicebus", "Config.cells.json");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");
    private static final String LIST = "# The cells, written from cells.yaml.\n";
    private static final String COMPONENTS = "components";
    private static final String UNROUTED = "unrouted";
    /** Of Service Bus, for the condition of a rule. */
    private static final int LONGEST_CONDITION = 1024;

    static List<Map<String, String>> cells() throws IOException {
        Map<String, List<Map<String, String>>> file =
            new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(CELLS.resolve("cells.yaml")));
        return file.get("cells");
    }

    static List<String> names() throws IOException {
        return cells().stream().map(cell -> cell.get("name")).toList();
    }

    @Test
    void namesAreThoseThatKubernetesAndServiceBusTake() throws IOException {
        // A subscription has up to 50 characters: inventory-<name>.
        assertThat(names()).isNotEmpty().doesNotHaveDuplicates().doesNotContain(COMPONENTS)
            .allMatch(name -> name.matches("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?"), "up to 40 lower-case letters, digits and hyphens");
    }

    @Test
    void eachCellHasItsFolderAndNobodyElseHas() throws IOException {
        String template = Files.readString(CELLS.resolve("template.yaml"));
        for (Map<String, String> cell : cells()) {
            String text = template;
            for (Map.Entry<String, String> value : cell.entrySet()) {
                text = text.replace("${" + value.getKey() + "}", value.getValue());
            }
            assertThat(text).as("keys of template.yaml that cell %s of cells.yaml does not have", cell.get("name")).doesNotContain("${");
            GeneratedFile.check(CELLS.resolve(cell.get("name")).resolve("kustomization.yaml"), text);
            assertThat(CELLS.resolve(cell.get("name")).resolve("installation.env")).as("copy it from k8s/installation, and set it").exists();
        }
        Path all = CELLS.resolve("kustomization.yaml");
        GeneratedFile.check(all, Files.readString(all).split(LIST)[0] + LIST
            + names().stream().map(name -> "  - " + name + "\n").collect(Collectors.joining()));
        try (Stream<Path> folders = Files.list(CELLS)) {
            assertThat(folders.filter(Files::isDirectory).map(folder -> folder.getFileName().toString()).filter(name -> !name.equals(COMPONENTS)))
                .as("remove the folders of cells that are not in the list").containsExactlyInAnyOrderElementsOf(names());
        }
    }

    /** Each queue and each subscription of Config.json once for each cell, with a rule; and each topic has one for what no rule takes. */
    @Test
    void theTopologyHasTheQueuesAndSubscriptionsOfEachCell() throws IOException {
        ObjectNode config = (ObjectNode) JSON.readTree(Path.of("servicebus", "Config.json").toFile());
        ObjectNode namespace = (ObjectNode) config.at("/UserConfig/Namespaces/0");
        List<String> cells = names();
        ArrayNode queues = JSON.createArrayNode();
        namespace.get("Queues").forEach(queue -> cells.forEach(cell -> queues.add(ofCell(queue, cell))));
        namespace.set("Queues", queues);
        for (JsonNode topic : namespace.get("Topics")) {
            ArrayNode subscriptions = JSON.createArrayNode();
            topic.get("Subscriptions").forEach(subscription -> cells.forEach(cell -> {
                ObjectNode copy = ofCell(subscription, cell);
                copy.putArray("Rules").addObject().put("Name", "cell").putObject("Properties").put("FilterType", "Correlation")
                    .putObject("CorrelationFilter").putObject("Properties").put("cell", cell);
                subscriptions.add(copy);
            }));
            ObjectNode rest = topic.at("/Subscriptions/0").deepCopy();
            rest.put("Name", UNROUTED).putArray("Rules").addObject().put("Name", "no-cell").putObject("Properties").put("FilterType", "Sql")
                .putObject("SqlFilter").put("SqlExpression", ofNoCell());
            ((ObjectNode) topic).set("Subscriptions", subscriptions.add(rest));
        }
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)).withObjectIndenter(INDENTER).withArrayIndenter(INDENTER);

        GeneratedFile.check(TOPOLOGY, JSON.writer(printer).writeValueAsString(config) + "\n");
    }

    private static ObjectNode ofCell(JsonNode entity, String cell) {
        return ((ObjectNode) entity.deepCopy()).put("Name", entity.get("Name").textValue() + "-" + cell);
    }

    private static String ofNoCell() throws IOException {
        String condition = names().stream().collect(Collectors.joining("', '", "cell IS NULL OR cell NOT IN ('", "')"));
        assertThat(condition).as("too many cells for one condition of Service Bus").hasSizeLessThanOrEqualTo(LONGEST_CONDITION);
        return condition;
    }

    @Test
    void everyObjectOfAllCellsIsValid() throws IOException {
        List<JsonNode> objects = Manifest.objects("cells");

        assertThat(objects).hasSizeGreaterThan(20 * names().size())
            .allSatisfy(object -> assertThat(ManifestSchema.problems(object)).as(Manifest.nameOf(object)).isEmpty());
        assertThat(objects.stream().map(object -> object.at("/metadata/namespace").asText(Manifest.nameOf(object))).distinct())
            .containsAll(names().stream().map(name -> "inventory-" + name).toList()).contains("monitoring");
        assertThat(Manifest.objects("cells", "PrometheusRule")).as("once, as they look at all namespaces").hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("names")
    void aCellReceivesAndScalesByWhatItsRulesSelect(String cell) throws IOException {
        Map<String, String> settings = Manifest.data("cells/" + cell, "inventory-worker-settings");
        String orders = settings.get("INVENTORY_SERVICEBUS_ORDERSSUBSCRIPTION");
        String payments = settings.get("INVENTORY_SERVICEBUS_PAYMENTSSUBSCRIPTION");
        String commands = settings.get("INVENTORY_SERVICEBUS_COMMANDSQUEUE");
        JsonNode triggers = Manifest.object("cells/" + cell, "ScaledObject").at("/spec/triggers");

        assertThat(settings).containsEntry("INVENTORY_CELL", cell);
        assertThat(rule("orders", orders).at("/CorrelationFilter/Properties/cell").textValue()).isEqualTo(cell);
        assertThat(rule("payments", payments).at("/CorrelationFilter/Properties/cell").textValue()).isEqualTo(cell);
        assertThat(topology().get("Queues").findValuesAsText("Name")).contains(commands);
        for (String topic : List.of("orders", "payments", "inventory")) {
            assertThat(rule(topic, settings.get("INVENTORY_SERVICEBUS_UNROUTEDSUBSCRIPTION")).at("/SqlFilter/SqlExpression").textValue())
                .isEqualTo(ofNoCell());
        }
        assertThat(triggers.findValuesAsText("subscriptionName")).containsExactly(orders, payments);
        assertThat(triggers.findValuesAsText("queueName")).containsExactly(commands);
    }

    @ParameterizedTest
    @MethodSource("names")
    void aCellIsInANamespaceOfItsOwn(String cell) {
        String namespace = "inventory-" + cell;

        assertThat(Manifest.object("cells/" + cell, "Namespace").at("/metadata/name").textValue()).isEqualTo(namespace);
        assertThat(Manifest.objects("cells/" + cell).stream().filter(object -> !object.get("kind").textValue().equals("Namespace")))
            .allSatisfy(object -> assertThat(object.at("/metadata/namespace").textValue()).as(Manifest.nameOf(object)).isEqualTo(namespace));
        assertThat(Manifest.variables(Manifest.object("cells/" + cell, "Job").at("/spec/template/spec/containers/0/env")))
            .as("what is migrated").containsEntry("SPRING_DATASOURCE_URL", database(cell).get(0))
            .containsEntry("INVENTORY_DATABASE_SCHEMA", database(cell).get(1));
    }

    @Test
    void noTwoCellsHaveTheSameTables() throws IOException {
        assertThat(names()).extracting(CellListTest::database).doesNotHaveDuplicates();
    }

    /** URL and schema. */
    private static List<String> database(String cell) {
        Map<String, String> settings = Manifest.data("cells/" + cell, "inventory-worker-settings");
        return List.of(settings.get("SPRING_DATASOURCE_URL"), settings.get("INVENTORY_DATABASE_SCHEMA"));
    }

    @Test
    void theAlertLooksAtWhatTheWorkersCount() {
        String metric = (Metric.UNROUTED.meterName() + ".messages").replace('.', '_');

        assertThat(Manifest.objects("cells/components/monitoring", "PrometheusRule").toList().toString()).contains(metric + ") > 0");
    }

    /** The only rule of a subscription. */
    private static JsonNode rule(String topic, String subscription) throws IOException {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode node : topology().get("Topics")) {
            if (node.get("Name").textValue().equals(topic)) {
                StreamSupport.stream(node.get("Subscriptions").spliterator(), false)
                    .filter(one -> one.get("Name").textValue().equals(subscription)).forEach(one -> one.get("Rules").forEach(found::add));
            }
        }
        assertThat(found).as("rules of %s/%s", topic, subscription).hasSize(1);
        return found.get(0).get("Properties");
    }

    private static JsonNode topology() throws IOException {
        return JSON.readTree(TOPOLOGY.toFile()).at("/UserConfig/Namespaces/0");
    }
}
