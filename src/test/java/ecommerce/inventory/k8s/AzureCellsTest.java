package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With parameter {@code cells}, {@code azure} makes for each cell of the list what its manifests need. */
class AzureCellsTest {

    private static final String LONGEST_NAME = "a".repeat(40);

    private Bicep main;

    @BeforeEach
    void read() throws IOException {
        main = Bicep.read("main.bicep");
    }

    static List<String> names() throws IOException {
        return CellListTest.names();
    }

    @Test
    void theCellsAreThoseOfTheListAndNoneUnlessAskedFor() {
        assertThat(main.parameter("cells")).isEqualTo("false");
        assertThat(main.only("(?m)^var names = ([^\n]+)$"))
            .isEqualTo("cells ? map(loadYamlContent('../k8s/cells/cells.yaml').cells, cell => cell.name) : []");
        assertThat(main.only("(?m)^var suffixes = ([^\n]+)$")).isEqualTo("cells ? map(names, name => '-${name}') : ['']");
        for (String module : List.of("identities", "access", "database")) {
            assertThat(main.module(module).text()).matches("(?s)module \\w+ '\\w+\\.bicep' = \\[for (suffix|\\(suffix, i\\)) in suffixes: \\{\n.*");
        }
        assertThat(main.module("identities").property("suffix")).isEqualTo("suffix");
        assertThat(main.module("access").property("workerPrincipalId")).isEqualTo("identities[i].outputs.workerPrincipalId");
    }

    /** With the parameters of docs/scale.md. */
    @ParameterizedTest
    @MethodSource("names")
    void theIdentitiesTrustTheNamespaceOfTheirCell(String cell) throws IOException {
        String given = new Bicep(Files.readString(Path.of("docs", "scale.md"))).only(" cells=true [^`]*?workerNamespace=(\\S+) ");

        assertThat(of(cell, main.module("identities").property("workerNamespace")).replace("${workerNamespace}", given))
            .isEqualTo("'" + Manifest.object("cells/" + cell, "Namespace").at("/metadata/name").textValue() + "'");
    }

    @ParameterizedTest
    @MethodSource("names")
    void aWorkerReadsWhatItsManifestSaysAndNothingOfAnotherCell(String cell) {
        Map<String, String> settings = Manifest.data("cells/" + cell, "inventory-worker-settings");

        assertThat(main.function("received").stream().map(line -> of(cell, line))).containsExactly(
            "{ topic: 'orders', name: '" + settings.get("INVENTORY_SERVICEBUS_ORDERSSUBSCRIPTION") + "' }",
            "{ topic: 'payments', name: '" + settings.get("INVENTORY_SERVICEBUS_PAYMENTSSUBSCRIPTION") + "' }");
        assertThat(of(cell, main.module("access").property("receivedQueues")))
            .isEqualTo("['" + settings.get("INVENTORY_SERVICEBUS_COMMANDSQUEUE") + "']");
        assertThat(main.module("access").property("receivedSubscriptions")).isEqualTo("concat(received(suffix), unrouted)");
        assertThat(main.only("(?m)^var unrouted = ([^\n]+)$")).as("which it counts, of all topics").isEqualTo(
            "cells ? map(topology.Topics, topic => { topic: topic.Name, name: '"
                + settings.get("INVENTORY_SERVICEBUS_UNROUTEDSUBSCRIPTION") + "' }) : []");
    }

    /** Rules are made one after the other. A message between two conditions would be lost. */
    @Test
    void theConditionOfWhatNoCellTakesChangesAfterTheRulesOfTheCells() throws IOException {
        JsonNode topics = new ObjectMapper().readTree(Path.of("servicebus", "Config.cells.json").toFile()).at("/UserConfig/Namespaces/0/Topics");

        assertThat(topics).isNotEmpty().allSatisfy(topic -> assertThat(
            topic.get("Subscriptions").get(topic.get("Subscriptions").size() - 1).get("Name").textValue()).isEqualTo("unrouted"));
        assertThat(Bicep.read("servicebus.bicep").text()).contains("\n@batchSize(1)\nresource subscriptionRules ");
    }

    private static String of(String cell, String text) {
        return text.replace("${suffix}", "-" + cell);
    }

    /** Two of the same name would be one identity, with the rights of both. */
    @Test
    void noTwoIdentitiesHaveTheSameName() throws IOException {
        Bicep identities = Bicep.read("identities.bicep");
        List<String> suffixes = List.of("", "-eu", "-worker", "-migration", "-scaler", "-worker-migration", "-eu-worker", "-eu-migration");

        assertThat(Stream.concat(Stream.of(Bicep.read("scaler.bicep").resource("scaler").property("name")),
            Stream.of("worker", "migration").flatMap(identity -> suffixes.stream()
                .map(suffix -> identities.resource(identity).property("name").replace("${suffix}", suffix))))).doesNotHaveDuplicates();
    }

    /** A deployment has up to 64 characters. */
    @Test
    void theLongestNameFitsIntoTheNamesOfTheDeployments() {
        assertThat(main.all("(?m)^module .*?^  name: '([^\n]+)'$").map(module -> of(LONGEST_NAME, module.group(1))))
            .hasSizeGreaterThan(5).doesNotHaveDuplicates().allMatch(name -> name.length() <= 64);
    }

    @Test
    void eachCellHasAServerWithAnAddressAndTheNetworkIsLinkedOnce() throws IOException {
        assertThat(main.module("database").property("serverName")).isEqualTo("'${databaseServerName}${suffix}'");
        assertThat(main.module("databaseEndpoint").property("services"))
            .isEqualTo("[for (suffix, i) in suffixes: { name: '${databaseServerName}${suffix}', id: database[i].outputs.serverId }]");

        Bicep endpoints = Bicep.read("private-endpoint.bicep");
        assertThat(endpoints.all("(?m)^resource (\\w+) '[^\n]*= \\[for [^\n]* in services: \\{$").map(loop -> loop.group(1)))
            .containsExactly("endpoints", "records");
        assertThat(endpoints.resource("endpoints").property("privateLinkServiceId")).isEqualTo("service.id");
        assertThat(endpoints.resource("records").property("parent")).isEqualTo("endpoints[i]");
    }

    @Test
    void theOutputHasTheFileOfEachCell() {
        Bicep output = new Bicep(main.only("(?m)^output installations array = \\[for \\(name, i\\) in names: \\{\n(.*?)\n}]\n"));

        assertThat(output.property("cell")).isEqualTo("name");
        assertThat(AzureTemplateTest.lines(main, output.only("(?m)^  lines: (lines\\(\n.*?\n  \\))$"))).containsExactly(
            "'WORKER_CLIENT_ID=${identities[i].outputs.workerClientId}'",
            "'SCALER_CLIENT_ID=${scaler.outputs.clientId}'",
            "'MIGRATION_CLIENT_ID=${identities[i].outputs.migrationClientId}'",
            "'SERVICEBUS_NAMESPACE=${namespaceName}'",
            "'SERVICEBUS_HOST=${serviceBus.outputs.host}'",
            "'DATABASE_URL=${database[i].outputs.url}'");
    }
}
