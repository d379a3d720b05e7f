package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code azure} makes what the manifests need: identities that the cluster's accounts may use, a database, alerts, and the addresses. */
class AzureTemplateTest {

    private Bicep main;

    @BeforeEach
    void read() throws IOException {
        main = Bicep.read("main.bicep");
    }

    /** As the compiler would say; the build has none. */
    @Test
    void eachModuleGetsTheParametersThatItHasAndUsesThem() throws IOException {
        List<MatchResult> modules = main.all("(?m)^module (\\w+) '([^']+)'").toList();
        assertThat(modules.stream().map(module -> module.group(2)).collect(Collectors.toSet())).as("each file is used").isEqualTo(files());
        for (MatchResult module : modules) {
            Bicep file = Bicep.read(module.group(2));
            List<String> parameters = file.all("(?m)^param (\\w+)").map(match -> match.group(1)).toList();

            assertThat(main.module(module.group(1)).only("  params: \\{\n(.*?)\n  }\n").lines().filter(line -> line.matches(" {4}\\w+: .*"))
                .map(line -> line.strip().replaceFirst(":.*", ""))).as(module.group(1)).containsExactlyInAnyOrderElementsOf(parameters);
            assertThat(parameters).as(module.group(2)).allMatch(name -> file.all("\\b" + name + "\\b").count() > 1);
            assertThat(main.all("\\b" + module.group(1) + "(?:\\[\\w])?\\.outputs\\.(\\w+)").map(match -> match.group(1)).collect(Collectors.toSet()))
                .as("outputs of " + module.group(2))
                .isEqualTo(file.all("(?m)^output (\\w+)").map(match -> match.group(1)).collect(Collectors.toSet()));
        }
        assertThat(main.all("(?m)^param (\\w+)").map(match -> match.group(1)))
            .allMatch(name -> main.all("(?m)^(?!param|//|@)[^\n]*\\b" + name + "\\b").count() > 0, "is used");
    }

    private static Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(Bicep.FOLDER)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("main.bicep")).collect(Collectors.toSet());
        }
    }

    @Test
    void eachParameterIsDescribed() throws IOException {
        for (String name : Stream.concat(files().stream(), Stream.of("main.bicep")).toList()) {
            Bicep file = Bicep.read(name);
            assertThat(file.all("(?m)^param (\\w+)").map(match -> match.group(1)).filter(parameter -> !parameter.equals("location")))
                .as(name).allMatch(parameter -> file.all("(?m)^@description\\('[^\n]+'\\)\n(@[^\n]+\n)*param " + parameter + " ").count() == 1);
        }
    }

    /** Without a credential for its account a pod gets no token. For the identity of a TriggerAuthentication KEDA's operator signs in. */
    @Test
    void eachIdentityTrustsTheAccountThatUsesIt() throws IOException {
        Bicep identities = new Bicep(Bicep.read("identities.bicep").text() + Bicep.read("scaler.bicep").text());

        assertThat(Stream.of("worker", "migration", "scaler").map(name -> identities.resource(name + "Credential"))
            .map(credential -> credential.property("parent") + " " + credential.property("subject"))).containsExactly(
            "worker 'system:serviceaccount:${workerNamespace}:inventory-worker'",
            "migration 'system:serviceaccount:${workerNamespace}:inventory-worker-migration'",
            "scaler 'system:serviceaccount:${kedaNamespace}:keda-operator'");
        assertThat(identities.all("(?m)^    issuer: oidcIssuer\n.*?^    audiences: (audiences|\\['api://AzureADTokenExchange'])\n")).hasSize(3);
        assertThat(identities.text()).contains("var audiences = ['api://AzureADTokenExchange']");
        assertThat(main.parameter("kedaNamespace")).isEqualTo("keda");
    }

    @Test
    void theAccountsOfTheManifestsAreTrusted() throws IOException {
        String identities = Bicep.read("identities.bicep").text();

        assertThat(Stream.of(Manifest.pod("overlays/deployment"), Manifest.object("overlays/deployment", "Job").at("/spec/template/spec")))
            .allSatisfy(pod -> assertThat(identities).contains(":${workerNamespace}:" + pod.get("serviceAccountName").textValue() + "'"));
    }

    @Test
    void theOutputIsTheFileOfTheInstallation() {
        String from = main.only("(?m)^output installation string\\[] = cells \\? \\[] : (lines\\(\n.*?\n\\))$");

        assertThat(lines(main, from)).containsExactly(
            "'WORKER_CLIENT_ID=${identities[0].outputs.workerClientId}'",
            "'SCALER_CLIENT_ID=${scaler.outputs.clientId}'",
            "'MIGRATION_CLIENT_ID=${identities[0].outputs.migrationClientId}'",
            "'SERVICEBUS_NAMESPACE=${namespaceName}'",
            "'SERVICEBUS_HOST=${serviceBus.outputs.host}'",
            "'DATABASE_URL=${database[0].outputs.url}'");
    }

    /** What function {@code lines} of the template returns for this call. */
    static List<String> lines(Bicep main, String call) {
        String[] parameters = main.only("(?m)^func lines\\((.*?)\\) string\\[] =>").split(", ");
        String[] values = new Bicep(call).only("^lines\\((.*)\\)$").strip().split(",\\s+");
        assertThat(values).hasSameSizeAs(parameters);
        return main.function("lines").stream().map(line -> {
            String filled = line;
            for (int i = 0; i < parameters.length; i++) {
                filled = filled.replace("${" + parameters[i].split(" ")[0] + "}", "${" + values[i] + "}");
            }
            return filled;
        }).toList();
    }

    @Test
    void nobodyLogsInToTheDatabaseWithAPasswordUnlessOneIsGiven() throws IOException {
        Bicep database = Bicep.read("database.bicep");

        assertThat(database.resource("server").property("activeDirectoryAuth")).isEqualTo("'Enabled'");
        assertThat(database.resource("server").property("passwordAuth")).isEqualTo("empty(password) ? 'Disabled' : 'Enabled'");
        assertThat(main.parameter("databasePassword")).isEmpty();
        assertThat(main.text()).contains("@secure()\nparam databasePassword ");
        assertThat(database.text()).contains("@secure()\nparam password ");
        assertThat(database.resource("administrator").property("name")).isEqualTo("administratorId");
        assertThat(database.only("(?m)^output url string = '([^\n]+)'$"))
            .isEqualTo("jdbc:postgresql://${server.properties.fullyQualifiedDomainName}:5432/${database.name}?${signIn}");
        assertThat(database.only("(?m)^var signIn = 'authenticationPluginClassName=([\\w.]+)'$"))
            .isEqualTo("com.azure.identity.extensions.jdbc.postgresql.AzurePostgresqlAuthenticationPlugin");
    }

    @Test
    void theDatabaseSurvivesTheLossOfAServer() throws IOException {
        Bicep server = Bicep.read("database.bicep").resource("server");

        assertThat(server.property("mode")).isEqualTo("highAvailability");
        assertThat(main.parameter("databaseHighAvailability")).isEqualTo("ZoneRedundant");
        assertThat(main.parameter("databaseTier")).as("Burstable has no standby").isEqualTo("GeneralPurpose");
        assertThat(server.property("version")).as("the version that the tests use").isEqualTo("'17'");
    }

    /** The server answers 409 to a change while it makes one. */
    @Test
    void theServerIsChangedOneStepAfterTheOther() throws IOException {
        Bicep database = Bicep.read("database.bicep");

        assertThat(database.text()).contains("\n@batchSize(1)\nresource firewall ");
        assertThat(database.resource("firewall").property("dependsOn")).isEqualTo("[database]");
        assertThat(database.resource("administrator").property("dependsOn")).isEqualTo("[database, firewall]");
    }

    @Test
    void withASubnetNeitherHasAPublicAddress() throws IOException {
        Bicep database = Bicep.read("database.bicep");

        assertThat(main.module("database").property("private")).isEqualTo("!empty(subnetId)");
        assertThat(database.resource("server").property("publicNetworkAccess")).isEqualTo("private ? 'Disabled' : 'Enabled'");
        assertThat(database.resource("firewall").text()).contains("[for address in (private ? [] : allowedAddresses): {");
        assertThat(main.text()).contains("param publicNetworkAccess string = sku == 'Premium' && !empty(subnetId) ? 'Disabled' : 'Enabled'\n");
        assertThat(main.module("databaseEndpoint").text()).contains("= if (!empty(subnetId)) {");
        assertThat(main.module("databaseEndpoint").property("groupId")).isEqualTo("'postgresqlServer'");
        assertThat(main.module("databaseEndpoint").property("zoneName")).isEqualTo("'privatelink.postgres.database.azure.com'");
        assertThat(main.module("serviceBusEndpoint").text()).contains("= if (!empty(subnetId) && sku == 'Premium' && empty(existingTopics)) {");
        assertThat(main.module("serviceBusEndpoint").property("groupId")).isEqualTo("'namespace'");
        assertThat(main.module("serviceBusEndpoint").property("zoneName")).isEqualTo("'privatelink.servicebus.windows.net'");
    }

    @Test
    void whatIsDoneToBothIsLoggedInTheWorkspaceThatIsGiven() throws IOException {
        for (String file : List.of("servicebus.bicep", "database.bicep")) {
            Bicep diagnostics = Bicep.read(file).resource("diagnostics");
            assertThat(diagnostics.text()).as(file).startsWith("resource diagnostics 'Microsoft.Insights/diagnosticSettings@")
                .contains("= if (!empty(logAnalyticsWorkspaceId)) {");
            assertThat(diagnostics.property("scope")).as(file).isEqualTo(file.equals("database.bicep") ? "server" : "namespace");
            assertThat(diagnostics.property("workspaceId")).as(file).isEqualTo("logAnalyticsWorkspaceId");
            assertThat(diagnostics.property("logs")).as(file).isEqualTo("[{ categoryGroup: 'allLogs', enabled: true }]");
        }
    }

    @Test
    void aDeadLetterInAnyQueueOrTopicRaisesAnAlert() throws IOException {
        Bicep alert = alert("deadLetters", "DeadletteredMessages");

        assertThat(alert.property("timeAggregation")).isEqualTo("'Maximum'");
        assertThat(alert.property("threshold")).isEqualTo("0");
        assertThat(alert.property("severity")).isEqualTo("1");
    }

    @Test
    void aBacklogThatMoreInstancesDoNotReduceRaisesAnAlert() throws IOException {
        Bicep alert = alert("waitingMessages", "ActiveMessages");

        assertThat(alert.property("timeAggregation")).as("all the time").isEqualTo("'Minimum'");
        assertThat(alert.property("threshold")).isEqualTo("backlog");
        JsonNode scaling = Manifest.object("overlays/prod", "ScaledObject").get("spec");
        assertThat(Integer.parseInt(main.parameter("backlog"))).isGreaterThan(
            scaling.get("maxReplicaCount").intValue() * scaling.at("/triggers/0/metadata/messageCount").asInt());
    }

    private Bicep alert(String name, String metric) throws IOException {
        Bicep alerts = Bicep.read("alerts.bicep");
        Bicep alert = alerts.resource(name);
        assertThat(main.module("alerts").property("entities"))
            .isEqualTo("concat(map(topology.Queues, queue => queue.Name), map(topology.Topics, topic => topic.Name))");
        assertThat(alerts.text()).contains("var byEntity = [{ name: 'EntityName', operator: 'Include', values: entities }]\n",
            "var actions = empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]\n");
        assertThat(alert.property("dimensions")).isEqualTo("byEntity");
        assertThat(alert.property("actions")).isEqualTo("actions");
        assertThat(alert.property("scopes")).isEqualTo("[namespaceId]");
        assertThat(alert.property("metricName")).isEqualTo("'" + metric + "'");
        assertThat(alert.property("operator")).isEqualTo("'GreaterThan'");
        return alert;
    }

    /** Each role of {@code roles.sql} is that of an identity. */
    @Test
    void theIdentitiesLogInAsTheRolesOfTheDatabase() throws IOException {
        String entra = Files.readString(Manifest.ROOT.resolve("database/entra-roles.sql"));

        assertThat(Pattern.compile("CREATE ROLE inventory_(\\w+) LOGIN").matcher(Files.readString(Manifest.ROOT.resolve("database/roles.sql")))
            .results().map(role -> role.group(1))).containsExactlyInAnyOrder("worker", "migration").allSatisfy(role ->
                assertThat(entra).contains("\\set " + role + "_label 'aadauth,oid=' :" + role + " ',type=service'\n",
                    "SECURITY LABEL FOR pgaadauth ON ROLE inventory_" + role + " IS :'" + role + "_label';\n"));
    }
}
