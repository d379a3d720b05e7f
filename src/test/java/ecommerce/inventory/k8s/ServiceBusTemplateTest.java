package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.support.Defaults;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code azure/servicebus.bicep} takes names and values from {@code servicebus/Config.json}. This test checks that it uses every property, and
 * what it sets itself: how long messages wait, who can reach the namespace, and ({@code access.bicep}, {@code counts.bicep}) who may do what.
 */
class ServiceBusTemplateTest {

    /** The emulator accepts less of these than an installation needs. */
    private static final Map<String, String> OF_A_PARAMETER = Map.of(
        "DefaultMessageTimeToLive", "messageTimeToLive", "DuplicateDetectionHistoryTimeWindow", "duplicateDetectionWindow");
    /** All that Microsoft's emulator accepts, without the objects that contain them (its Config-schema.json). */
    private static final String EVERYTHING = """
        {"Name": "n", "Queues": [{"Name": "q", "Properties": {"DeadLetteringOnMessageExpiration": true, "DefaultMessageTimeToLive": "PT1H",
            "DuplicateDetectionHistoryTimeWindow": "PT5M", "ForwardDeadLetteredMessagesTo": "r", "ForwardTo": "t", "LockDuration": "PT1M",
            "MaxDeliveryCount": 10, "RequiresDuplicateDetection": true, "RequiresSession": true}}],
         "Topics": [{"Name": "t", "Properties": {"DefaultMessageTimeToLive": "PT1H", "DuplicateDetectionHistoryTimeWindow": "PT5M",
            "RequiresDuplicateDetection": false}, "Subscriptions": [{"Name": "s", "Properties": {"DeadLetteringOnMessageExpiration": true,
            "DefaultMessageTimeToLive": "PT1H", "ForwardDeadLetteredMessagesTo": "q", "ForwardTo": "q", "LockDuration": "PT1M",
            "MaxDeliveryCount": 10, "RequiresSession": true},
          "Rules": [{"Name": "c", "Properties": {"FilterType": "Correlation", "CorrelationFilter": {"ContentType": "x", "CorrelationId": "x",
            "Label": "x", "MessageId": "x", "ReplyTo": "x", "ReplyToSessionId": "x", "SessionId": "x", "To": "x", "Properties": {"a": "b"}},
            "Action": {"SqlExpression": "SET a = 'c'"}}}, {"Name": "s", "Properties": {"FilterType": "Sql",
            "SqlFilter": {"SqlExpression": "1=1"}}}]}]}]}""";

    private Bicep main;
    private Bicep serviceBus;
    private Bicep access;
    private Bicep counts;
    private JsonNode topology;

    @BeforeEach
    void read() throws IOException {
        main = Bicep.read("main.bicep");
        serviceBus = Bicep.read("servicebus.bicep");
        access = Bicep.read("access.bicep");
        counts = Bicep.read("counts.bicep");
        topology = topology("Config.json");
    }

    @Test
    void everyPropertyOfTheTopologyIsSetFromIt() throws IOException {
        assertThat(main.only("(?m)^var topology = ([^\n]+)$")).isEqualTo("any(cells ? loadJsonContent('../servicebus/Config.cells.json')"
            + " : loadJsonContent('../servicebus/Config.json')).UserConfig.Namespaces[0]");
        assertThat(main.module("serviceBus").property("queues")).isEqualTo("topology.Queues");
        assertThat(main.module("serviceBus").property("topics")).isEqualTo("topology.Topics");
        assertThat(notCarried(topology)).isEmpty();
        assertThat(notCarried(topology("Config.cells.json"))).isEmpty();
    }

    private static JsonNode topology(String file) throws IOException {
        return new ObjectMapper().readTree(Path.of("servicebus", file).toFile()).at("/UserConfig/Namespaces/0");
    }

    /** Service Bus has defaults, as the emulator has. */
    @Test
    void anEntityNeedsNoProperties() throws IOException {
        assertThat(serviceBus.text()).doesNotContainPattern("(queue|topic|subscription)\\.\\??Properties\\.\\w");
        assertThat(notCarried(new ObjectMapper().readTree("{\"Queues\": [{\"Name\": \"q\"}], \"Topics\": [{\"Name\": \"t\", \"Subscriptions\": [{\"Name\": \"s\"}]}]}")))
            .isEmpty();
    }

    @Test
    void allThatTheEmulatorKnowsIsCarried() throws IOException {
        assertThat(notCarried(new ObjectMapper().readTree(EVERYTHING))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        /Queues/0                                                    | AutoDeleteOnIdle
        /Queues/0/Properties                                         | AutoDeleteOnIdle
        /Topics/0                                                    | Status
        /Topics/0/Properties                                         | SupportOrdering
        /Topics/0/Subscriptions/0                                    | Status
        /Topics/0/Subscriptions/0/Properties                         | DeadLetteringOnFilterEvaluationExceptions
        /Topics/0/Subscriptions/0/Rules/0                            | Type
        /Topics/0/Subscriptions/0/Rules/0/Properties                 | TrueFilter
        /Topics/0/Subscriptions/0/Rules/0/Properties/CorrelationFilter | PartitionKey
        /Topics/0/Subscriptions/0/Rules/1/Properties/SqlFilter       | RequiresPreprocessing""")
    void aPropertyThatTheTemplateDoesNotCarryIsFound(String where, String property) throws IOException {
        JsonNode changed = new ObjectMapper().readTree(EVERYTHING);
        ((ObjectNode) changed.at(where)).put(property, "x");

        assertThat(notCarried(changed)).singleElement().asString().endsWith(property);
    }

    /** Azure Resource Manager has strings only, and a number is no string for a filter. */
    @Test
    void aPropertyOfAFilterIsAString() throws IOException {
        JsonNode changed = new ObjectMapper().readTree(EVERYTHING);
        ((ObjectNode) changed.at("/Topics/0/Subscriptions/0/Rules/0/Properties/CorrelationFilter/Properties")).put("priority", 1);

        assertThat(notCarried(changed)).containsExactly("t/s/c: priority");
    }

    /** What the template would leave out, by entity and property. */
    private List<String> notCarried(JsonNode namespace) {
        List<String> missing = new ArrayList<>();
        for (JsonNode queue : namespace.get("Queues")) {
            others(queue, name(queue), Set.of("Name", "Properties"), missing);
            properties(queue.path("Properties"), name(queue), "ownQueues", "queue.Properties.", missing);
        }
        for (JsonNode topic : namespace.get("Topics")) {
            others(topic, name(topic), Set.of("Name", "Properties", "Subscriptions"), missing);
            properties(topic.path("Properties"), name(topic), "ownTopics", "topic.Properties.", missing);
            for (JsonNode subscription : topic.get("Subscriptions")) {
                String path = name(topic) + "/" + name(subscription);
                others(subscription, path, Set.of("Name", "Properties", "Rules"), missing);
                properties(subscription.path("Properties"), path, "topicSubscriptions", "subscription.Properties.", missing);
                subscription.path("Rules").forEach(rule -> rule(rule, path + "/" + name(rule), missing));
            }
        }
        return missing;
    }

    private void rule(JsonNode rule, String path, List<String> missing) {
        JsonNode properties = rule.get("Properties");
        others(rule, path, Set.of("Name", "Properties"), missing);
        others(properties, path, Set.of("FilterType", "CorrelationFilter", "SqlFilter", "Action"), missing);
        assertThat(properties.get("FilterType").textValue()).isIn("Correlation", "Sql");
        assertThat(serviceBus.resource("subscriptionRules").property("filterType"))
            .isEqualTo("rule.Properties.FilterType == 'Sql' ? 'SqlFilter' : 'CorrelationFilter'");
        properties(properties.path("CorrelationFilter"), path, "subscriptionRules", "rule.correlation.", missing);
        properties(properties.path("SqlFilter"), path, "subscriptionRules", "rule.Properties.SqlFilter.", missing);
        properties(properties.path("Action"), path, "subscriptionRules", "rule.Properties.Action.", missing);
        properties.at("/CorrelationFilter/Properties").properties().forEach(property -> {
            if (!property.getValue().isTextual()) {
                missing.add(path + ": " + property.getKey());
            }
        });
    }

    private static void others(JsonNode entity, String path, Set<String> known, List<String> missing) {
        entity.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                missing.add(path + ": " + name);
            }
        });
    }

    private void properties(JsonNode properties, String path, String resource, String from, List<String> missing) {
        String text = serviceBus.resource(resource).text().replace(".?", ".");
        properties.fieldNames().forEachRemaining(name -> {
            String target = Character.toLowerCase(name.charAt(0)) + name.substring(1);
            String value = Pattern.quote(OF_A_PARAMETER.getOrDefault(name, from + name));
            if (!Pattern.compile("\\b" + target + ": (target\\()?" + value + "\\b").matcher(text).find()) {
                missing.add(path + ": " + name);
            }
        });
    }

    private static String name(JsonNode entity) {
        return entity.get("Name").textValue();
    }

    @Test
    void aSubscriptionWithRulesGetsOnlyWhatTheySelect() {
        assertThat(serviceBus.text()).contains("Rules: subscription.?Rules ?? []\n");
        assertThat(serviceBus.resource("defaultRules").property("name")).isEqualTo("'${namespaceName}/${subscription.path}/$Default'");
        assertThat(serviceBus.resource("defaultRules").property("sqlExpression")).isEqualTo("empty(subscription.Rules) ? '1=1' : '1=0'");
        assertThat(serviceBus.resource("subscriptionRules").property("dependsOn")).isEqualTo("[defaultRules]");
    }

    /** Service Bus answers 409 to a change of a namespace that is being changed. */
    @Test
    void entitiesAreMadeOneAfterTheOther() {
        assertThat(serviceBus.all("(?m)^resource (\\w+) 'Microsoft\\.ServiceBus/[^\n]*= \\[for ").map(loop -> loop.group(1)))
            .containsExactly("ownTopics", "ownQueues", "topicSubscriptions", "defaultRules", "subscriptionRules")
            .allSatisfy(loop -> assertThat(serviceBus.text()).contains("\n@batchSize(1)\nresource " + loop + " "));
        assertThat(serviceBus.resource("ownQueues").property("dependsOn")).isEqualTo("[ownTopics]");
        assertThat(serviceBus.resource("topicSubscriptions").property("dependsOn")).isEqualTo("[ownTopics, ownQueues]");
        assertThat(serviceBus.resource("defaultRules").property("dependsOn")).isEqualTo("[topicSubscriptions]");
    }

    @Test
    void topicsOfTheShopAndTheirNamespaceStayAsTheyAre() {
        assertThat(serviceBus.resource("namespace").text()).contains("= if (empty(existingTopics)) {");
        assertThat(serviceBus.resource("ownTopics").text()).contains("[for topic in topics: if (!contains(existingTopics, topic.Name)) {");
        assertThat(serviceBus.resource("topicSubscriptions").text()).contains("[for subscription in subscriptions: {");
        assertThat(main.parameter("existingTopics")).isEqualTo("[]");
    }

    @Test
    void messagesWaitLongerThanAnOutageAndAreNeverDroppedInSilence() {
        Duration timeToLive = Duration.parse(main.parameter("messageTimeToLive"));

        assertThat(topology.findValuesAsText("DefaultMessageTimeToLive")).as("the emulator's maximum").containsOnly("PT1H");
        assertThat(timeToLive).isGreaterThanOrEqualTo(Duration.ofDays(7))
            .as("the inbox still knows a message that is sent again").isLessThan(Duration.parse(Defaults.of("inventory.retention.inbox")));
        for (String entities : List.of("ownQueues", "ownTopics", "topicSubscriptions")) {
            assertThat(serviceBus.resource(entities).property("defaultMessageTimeToLive")).as(entities).isEqualTo("messageTimeToLive");
        }
        assertThat(topology.findValues("DeadLetteringOnMessageExpiration")).isNotEmpty().allMatch(JsonNode::booleanValue);
    }

    @Test
    void anEventThatIsSentAgainAfterAnOutageIsKnown() {
        assertThat(Duration.parse(main.parameter("duplicateDetectionWindow"))).isGreaterThanOrEqualTo(Duration.ofHours(12))
            .as("Service Bus' maximum").isLessThanOrEqualTo(Duration.ofDays(7));
    }

    /** A Standard namespace has neither the property nor messaging units. */
    @Test
    void whatOnlyPremiumHasIsSetThere() {
        for (String entities : List.of("ownQueues", "ownTopics")) {
            assertThat(serviceBus.resource(entities).property("maxMessageSizeInKilobytes")).as(entities)
                .isEqualTo("sku == 'Premium' ? maxMessageSize : null");
            assertThat(serviceBus.resource(entities).property("maxSizeInMegabytes")).as(entities).isEqualTo("maxSize");
        }
        assertThat(main.parameter("maxMessageSize")).as("Premium's default").isEqualTo("1024");
        assertThat(serviceBus.resource("namespace").property("capacity")).isEqualTo("sku == 'Premium' ? messagingUnits : null");
    }

    /** An API version ignores unknown properties: 2021-11-01 has neither of the two. */
    @Test
    void theNamespaceIsOfAVersionThatKnowsWhatProtectsIt() {
        assertThat(Stream.of(serviceBus, access, counts).flatMap(file -> file.all("Microsoft\\.ServiceBus/[\\w/]+@([^']+)'")).map(type -> type.group(1)))
            .hasSizeGreaterThan(7).containsOnly("2024-01-01");
        assertThat(serviceBus.resource("namespace").property("minimumTlsVersion")).isEqualTo("'1.2'");
        assertThat(serviceBus.resource("namespace").property("publicNetworkAccess")).isEqualTo("publicNetworkAccess");
        assertThat(serviceBus.resource("namespace").property("disableLocalAuth")).isEqualTo("disableLocalAuth");
        assertThat(main.parameter("disableLocalAuth")).isEqualTo("true");
    }

    @Test
    void aConnectionStringMayListenAndSend() {
        assertThat(serviceBus.resource("connectionString").text()).contains("= if (!disableLocalAuth) {");
        assertThat(serviceBus.resource("connectionString").property("rights")).isEqualTo("['Listen', 'Send']");
    }

    @Test
    void theWorkerMayReceiveWhereItReceivesAndSendWhereItSendsAndManageNothing() {
        assertThat(assignments(access, "worker")).containsExactlyInAnyOrderEntriesOf(
            Map.of("subscriptions[i]", "receiver", "queues[i]", "receiver", "events", "sender"));
        assertThat(access.text()).contains("var receiver = " + role("4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"),
            "var sender = " + role("69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"));
        assertThat(main.module("access").property("receivedSubscriptions")).isEqualTo("concat(received(suffix), unrouted)");
        assertThat(new Bicep(String.join("\n", main.function("received"))).all("\\{ topic: '([^']+)', name: '([^']+)' }")
            .map(received -> received.group(1) + "/" + received.group(2)))
            .containsExactly(topicSubscription("orders") + "${suffix}", topicSubscription("payments") + "${suffix}");
        assertThat(main.module("access").property("receivedQueues")).isEqualTo("['" + queue() + "${suffix}']");
        assertThat(main.module("access").property("eventsTopic")).isEqualTo("'" + Defaults.of("inventory.servicebus.events-topic") + "'");
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
        assertThat(assignments(counts, "scaler")).containsExactlyInAnyOrderEntriesOf(
            Map.of("subscriptions[i]", "counter.id", "queues[i]", "counter.id"));
        assertThat(counts.resource("counter").only("actions: \\[\\s+([^]]+?)\\s+]").split("\\s+")).containsExactlyInAnyOrder(
            "'Microsoft.ServiceBus/namespaces/queues/read'", "'Microsoft.ServiceBus/namespaces/topics/subscriptions/read'");
        assertThat(counts.text()).doesNotContain("dataActions", "090c5cfd-751d-490a-894a-3ce6f1109419");
        assertThat(main.module("counts").property("receivedSubscriptions")).isEqualTo("flatten(map(suffixes, suffix => received(suffix)))");
        assertThat(main.module("counts").property("receivedQueues")).isEqualTo("map(suffixes, suffix => '" + queue() + "${suffix}')");
    }

    @Test
    void theEntitiesAreThere() {
        List<String> names = StreamSupport.stream(topology.get("Topics").spliterator(), false)
            .flatMap(topic -> StreamSupport.stream(topic.get("Subscriptions").spliterator(), false)
                .map(subscription -> name(topic) + "/" + name(subscription))).toList();
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

    /** The roles of a principal, by what they are granted on. */
    private static Map<String, String> assignments(Bicep file, String who) {
        return file.all("(?m)^resource " + who + "\\w+ '.*?\n}").map(MatchResult::group).map(Bicep::new)
            .collect(Collectors.toMap(assignment -> assignment.property("scope"), assignment -> {
                assertThat(assignment.all("\\w+PrincipalId").map(MatchResult::group)).containsOnly(who + "PrincipalId");
                return assignment.only("roleDefinitionId: ([\\w.]+)");
            }));
    }
}
