package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code servicebus/main.bicep} takes names and values from {@code Config.json}. This test checks that it uses every property, and what it
 * sets itself: how long messages wait, who can reach the namespace, and who may do what.
 */
class ServiceBusTemplateTest {

    private String bicep;
    private JsonNode topology;

    @BeforeEach
    void read() throws IOException {
        bicep = Files.readString(Path.of("servicebus", "main.bicep"));
        topology = new ObjectMapper().readTree(Path.of("servicebus", "Config.json").toFile()).at("/UserConfig/Namespaces/0");
    }

    @Test
    void everyPropertyOfTheTopologyIsSetFromIt() {
        assertThat(bicep).contains("loadJsonContent('Config.json').UserConfig.Namespaces[0]");
        assertSet(resource("queues"), "queue.Properties.", topology.get("Queues"));
        assertSet(resource("topics"), "topic.Properties.", topology.get("Topics"));
        topology.get("Topics").forEach(topic ->
            assertSet(resource("topicSubscriptions"), "subscription.properties.", topic.get("Subscriptions")));
        assertThat(topology.toString()).as("the template does not create rules").doesNotContain("\"Rules\"");
    }

    private static void assertSet(String resource, String from, JsonNode entities) {
        assertThat(entities).isNotEmpty().allSatisfy(entity -> entity.get("Properties").fields().forEachRemaining(property -> {
            if (property.getValue().asText().isEmpty()) {
                // Without a target there is nothing to forward.
                return;
            }
            String name = property.getKey();
            if (name.equals("DefaultMessageTimeToLive")) {
                // Differs from the emulator: see messagesWaitLongerThanAnOutageAndAreNeverDroppedInSilence.
                return;
            }
            assertThat(resource).contains("    " + Character.toLowerCase(name.charAt(0)) + name.substring(1) + ": " + from + name + "\n");
        }));
    }

    @Test
    void messagesWaitLongerThanAnOutageAndAreNeverDroppedInSilence() {
        Duration timeToLive = Duration.parse(only("param messageTimeToLive string = '([^']+)'", bicep));

        assertThat(topology.findValuesAsText("DefaultMessageTimeToLive")).as("the emulator's maximum").containsOnly("PT1H");
        assertThat(timeToLive).isGreaterThanOrEqualTo(Duration.ofDays(7))
            .as("the inbox still knows a message that is sent again").isLessThan(Duration.parse(Defaults.of("inventory.retention.inbox")));
        for (String entities : List.of("queues", "topics", "topicSubscriptions")) {
            assertThat(only("    defaultMessageTimeToLive: ([^\n]+)\n", resource(entities))).as(entities).isEqualTo("messageTimeToLive");
        }
        assertThat(topology.findValues("DeadLetteringOnMessageExpiration")).hasSize(4).allMatch(JsonNode::booleanValue);
    }

    /** A Standard namespace does not have the property. */
    @Test
    void aPremiumNamespaceTakesNoLargerMessageThanTheParameterSays() {
        for (String entities : List.of("queues", "topics")) {
            assertThat(resource(entities)).as(entities).contains("    maxMessageSizeInKilobytes: sku == 'Premium' ? maxMessageSize : null\n");
        }
        assertThat(only("param maxMessageSize int = (\\d+)", bicep)).as("Premium's default").isEqualTo("1024");
    }

    /** An API version ignores unknown properties: 2021-11-01 has neither of the two. */
    @Test
    void theNamespaceIsOfAVersionThatKnowsWhatProtectsIt() {
        assertThat(Pattern.compile("Microsoft\\.ServiceBus/[\\w/]+@([^']+)'").matcher(bicep).results().map(version -> version.group(1)))
            .hasSizeGreaterThan(7).containsOnly("2024-01-01");
        assertThat(resource("namespace")).contains("    minimumTlsVersion: '1.2'\n", "    publicNetworkAccess: publicNetworkAccess\n",
            "    disableLocalAuth: disableLocalAuth\n");
        assertThat(bicep).contains("param disableLocalAuth bool = true\n");
    }

    @Test
    void whatIsDoneToTheNamespaceIsLoggedInTheWorkspaceThatIsGiven() {
        assertThat(resource("diagnostics")).startsWith("resource diagnostics 'Microsoft.Insights/diagnosticSettings@")
            .contains("= if (!empty(logAnalyticsWorkspaceId)) {", "  scope: namespace\n", "    workspaceId: logAnalyticsWorkspaceId\n",
                "categoryGroup: 'allLogs'");
    }

    @Test
    void theWorkerMayReceiveWhereItReceivesAndSendWhereItSendsAndManageNothing() {
        assertThat(assignments("worker")).containsExactlyInAnyOrderEntriesOf(Map.of(
            topicSubscription("orders"), "receiver",
            topicSubscription("payments"), "receiver",
            queue(), "receiver",
            Defaults.of("inventory.servicebus.events-topic"), "sender"));
        assertThat(bicep).contains("var receiver = " + role("4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"),
            "var sender = " + role("69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"));
    }

    @Test
    void theWorkerNeverAsksToManage() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            assertThat(files.filter(Files::isRegularFile)).isNotEmpty().allSatisfy(file ->
                assertThat(Files.readString(file)).as(file.toString()).doesNotContain("servicebus.administration"));
        }
    }

    @Test
    void theScalerCountsWhatTheWorkerReceivesAndReadsNoMessage() {
        assertThat(assignments("scaler")).containsExactlyInAnyOrderEntriesOf(
            Map.of(topicSubscription("orders"), "counter.id", topicSubscription("payments"), "counter.id", queue(), "counter.id"));
        assertThat(only("actions: \\[\\s+([^]]+?)\\s+]", resource("counter")).split("\\s+")).containsExactlyInAnyOrder(
            "'Microsoft.ServiceBus/namespaces/queues/read'", "'Microsoft.ServiceBus/namespaces/topics/subscriptions/read'");
        assertThat(bicep).doesNotContain("dataActions", "090c5cfd-751d-490a-894a-3ce6f1109419");
    }

    @Test
    void theEntitiesAreThere() {
        List<String> names = StreamSupport.stream(topology.get("Topics").spliterator(), false)
            .flatMap(topic -> StreamSupport.stream(topic.get("Subscriptions").spliterator(), false)
                .map(subscription -> topic.get("Name").textValue() + "/" + subscription.get("Name").textValue())).toList();
        assertThat(names).contains(topicSubscription("orders"), topicSubscription("payments"));
        assertThat(topology.get("Queues").findValuesAsText("Name")).contains(queue());
        assertThat(topology.get("Topics").findValuesAsText("Name")).contains(Defaults.of("inventory.servicebus.events-topic"));
    }

    private static String topicSubscription(String kind) {
        return Defaults.of("inventory.servicebus." + kind + "-topic") + "/" + Defaults.of("inventory.servicebus." + kind + "-subscription");
    }

    private static String queue() {
        return Defaults.of("inventory.servicebus.commands-queue");
    }

    private static String role(String id) {
        return "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '" + id + "')";
    }

    /** The roles of a principal, by the entity on which they are granted. */
    private Map<String, String> assignments(String who) {
        return Pattern.compile("resource " + who + "\\w+ '.*?\n}", Pattern.DOTALL).matcher(bicep).results().map(MatchResult::group)
            .collect(Collectors.toMap(
                assignment -> only("name: '\\$\\{namespaceName}/([^']+)'", resource(only("scope: (\\w+)", assignment))),
                assignment -> {
                    assertThat(Pattern.compile("\\w+PrincipalId").matcher(assignment).results().map(MatchResult::group))
                        .containsOnly(who + "PrincipalId");
                    return only("roleDefinitionId: ([\\w.]+)", assignment);
                }));
    }

    private String resource(String name) {
        return only("(resource " + name + " '.*?\n}\\]?\n)", bicep);
    }

    private static String only(String pattern, String text) {
        List<String> found = Pattern.compile(pattern, Pattern.DOTALL).matcher(text).results().map(match -> match.group(1)).toList();
        assertThat(found).as(pattern).hasSize(1);
        return found.get(0);
    }
}
