package ecommerce.inventory.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.beans.PropertyDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.inbox.InboundSchema;
import ecommerce.inventory.outbox.OutboxPublisher;
import ecommerce.inventory.outbox.RelayHealthCheck;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.tracing.MessageTracer;
import io.apicurio.datamodels.Library;
import io.apicurio.datamodels.TraverserDirection;
import io.apicurio.datamodels.models.Document;
import io.apicurio.datamodels.models.Node;
import io.apicurio.datamodels.models.visitors.AllNodeVisitor;
import io.opentelemetry.api.OpenTelemetry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.mockito.ArgumentCaptor;
import org.springframework.beans.BeanUtils;
import org.springframework.util.StringUtils;

/** {@code contracts/asyncapi.yaml} and the JSON Schemas beside it agree with each other and with the worker. */
class AsyncApiTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path RESOURCES = Path.of("src", "main", "resources");
    private static final JsonNode CHANNELS = Contracts.ASYNCAPI.get("channels");
    private static final JsonNode OPERATIONS = Contracts.ASYNCAPI.get("operations");
    private static final JsonNode MESSAGES = Contracts.ASYNCAPI.at("/components/messages");
    private static final Set<String> NAMES = names(MESSAGES);
    private static final JsonNode SETTINGS = Contracts.read("application.yaml");
    /** The name of a setting, in a description or in a Camel placeholder. */
    private static final Pattern SETTING = Pattern.compile("inventory\\.servicebus\\.[\\w-]+");

    @Test
    void theDocumentIsAsyncApi() {
        Document document = Library.readDocument(Contracts.ASYNCAPI.deepCopy());
        List<String> unknown = new ArrayList<>();
        Library.visitTree(document, new AllNodeVisitor() {
            @Override
            protected void visitNode(Node node) {
                node.getExtraPropertyNames().forEach(name -> unknown.add(Library.createNodePath(node) + ": " + name));
            }
        }, TraverserDirection.down);

        assertThat(Library.validate(document, null)).extracting(problem -> problem.nodePath + ": " + problem.message).isEmpty();
        assertThat(unknown).as("members that AsyncAPI does not have").isEmpty();
    }

    @Test
    void theMessagesAreThoseThatHaveASchema() {
        assertThat(MESSAGES).extracting(message -> message.at("/payload/$ref").textValue())
            .containsExactlyInAnyOrderElementsOf(Stream.of("in", "out").flatMap(AsyncApiTest::schemas).toList());
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void aMessageIsOnOneChannelOfWhichItsSchemaTells(String name) {
        JsonNode message = MESSAGES.get(name);
        JsonNode schema = Contracts.read("contracts/" + message.at("/payload/$ref").textValue());
        List<String> operations = names(OPERATIONS).stream().filter(operation -> channel(operation).get("messages").has(name)).toList();

        assertThat(operations).hasSize(1);
        JsonNode channel = channel(operations.get(0));
        assertThat(Contracts.resolve(channel.get("messages").get(name))).isSameAs(message);
        boolean received = OPERATIONS.get(operations.get(0)).get("action").textValue().equals("receive");
        assertThat(message.at("/traits/0/$ref")).hasToString("\"#/components/messageTraits/" + (received ? "received\"" : "sent\""));
        assertThat(message.at("/payload/$ref")).hasToString((received ? "\"in/" : "\"out/") + name + ".schema.json\"");
        assertThat(message.get("name")).isEqualTo(schema.get("title")).hasToString("\"" + name + "\"");
        assertThat(schema.get("description").textValue())
            .containsPattern((received ? "Received from " : "Published to ") + entity(channel) + "[.,]");
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void anExampleKeepsToItsSchema(String name) {
        assertThat(MESSAGES.get(name).path("examples")).isNotEmpty().allSatisfy(example -> {
            JsonNode headers = example.has("headers") ? example.get("headers") : JSON.createObjectNode();
            Map<String, String> properties = Map.of("MessageId", UUID.randomUUID().toString(), "Subject", name, "ContentType", "application/json");
            Contracts.assertKept(name, example.get("payload"), headers, properties);
            assertThat(headers.path("MessageType").asText(name)).isEqualTo(name);
        });
    }

    @Test
    void theAddressesAreTheDefaultsOfTheSettings() {
        CHANNELS.forEach(channel -> assertThat(channel.get("address").textValue()).isEqualTo(defaultOf(channel)));
        OPERATIONS.findParents("x-service-bus-subscription").forEach(operation ->
            assertThat(operation.get("x-service-bus-subscription").textValue()).isEqualTo(defaultOf(operation)));
    }

    @Test
    void serviceBusHasTheEntitiesOfTheContract() throws IOException {
        JsonNode namespace = JSON.readTree(Path.of("servicebus", "Config.json").toFile()).at("/UserConfig/Namespaces/0");
        List<String> entities = new ArrayList<>();
        Map<String, List<String>> subscriptions = new HashMap<>();
        namespace.get("Queues").forEach(queue -> entities.add("queue " + queue.get("Name").textValue()));
        namespace.get("Topics").forEach(topic -> {
            entities.add("topic " + topic.get("Name").textValue());
            subscriptions.put(topic.get("Name").textValue(), topic.get("Subscriptions").findValuesAsText("Name"));
        });

        // Where another entity forwards to, the worker neither sends nor receives.
        List<String> channels = StreamSupport.stream(CHANNELS.spliterator(), false).map(AsyncApiTest::entity).toList();
        List<String> targets = Stream.of("ForwardTo", "ForwardDeadLetteredMessagesTo").flatMap(name -> namespace.findValuesAsText(name).stream()).toList();
        assertThat(entities).containsAll(channels);
        assertThat(entities).filteredOn(entity -> !channels.contains(entity)).as("neither in the contract nor the target of another entity")
            .allMatch(entity -> targets.contains(entity.replaceFirst("^\\w+ ", "")));
        OPERATIONS.findParents("x-service-bus-subscription").forEach(operation ->
            assertThat(subscriptions.get(Contracts.resolve(operation.get("channel")).get("address").textValue()))
                .containsExactly(operation.get("x-service-bus-subscription").textValue()));
    }

    @Test
    void theRoutesReceiveWhatTheContractSays() {
        assertThat(names(OPERATIONS).stream().filter(operation -> OPERATIONS.get(operation).get("action").textValue().equals("receive"))
            .map(operation -> operation + ": " + channel(operation).get("x-service-bus-entity").textValue() + " "
                + settings(channel(operation).get("description").textValue() + OPERATIONS.get(operation).get("description").textValue())))
            .containsExactlyInAnyOrderElementsOf(elements("templatedRoute")
                .filter(route -> route.get("routeTemplateRef").textValue().equals("inbox-subscription"))
                .map(source -> source.get("routeId").textValue() + ": "
                + parameter(source, "type", "topic") + " "
                + settings(parameter(source, "entity", "") + parameter(source, "subscription", ""))).toList());
        assertThat(Stream.concat(routes().stream().map(route -> route.get("id").textValue()),
            elements("templatedRoute").map(source -> source.get("routeId").textValue()))).as("operations are routes").containsAll(names(OPERATIONS));
    }

    @Test
    void whatIsReceivedSaysByWhichKeyItWaitsAndDropsNothingThatItRequires() {
        assertThat(schemas("in")).isNotEmpty().allSatisfy(file -> {
            JsonNode schema = Contracts.read("contracts/" + file);
            assertThatCode(() -> InboundSchema.of(schema)).as(file).doesNotThrowAnyException();
            schema.findParents("required").forEach(object -> object.get("required").forEach(name -> {
                JsonNode field = object.at("/properties/" + name.textValue());
                assertThat(field.isObject() && !field.has("x-discard")).as("%s: %s", file, name).isTrue();
            }));
        });
    }

    @Test
    void anIdThatIsReceivedBeginsAndEndsWithNoBlank() {
        assertThat(schemas("in")).isNotEmpty().allSatisfy(file -> {
            List<JsonNode> ids = new ArrayList<>();
            Contracts.read("contracts/" + file).findValues("properties").forEach(fields -> fields.properties().stream()
                .filter(field -> field.getKey().endsWith("Id") && !field.getValue().has("x-discard")).map(Map.Entry::getValue).forEach(ids::add));
            assertThat(ids).as(file).isNotEmpty().map(id -> InboundSchema.validators().getSchema(id)).allSatisfy(id -> {
                assertThat(List.of("a", "a b", "a\n\u200bb", "\ud83d\ude00")).allMatch(text -> id.validate(TextNode.valueOf(text)).isEmpty());
                assertThat(List.of("", " ", " a", "a ", "\ta", "a\n", "a\r\n", "\u0085a", "a\u00a0", "a\u2028", "a\u200b", "\u3000a", "\ufeffa", "\0a"))
                    .allMatch(text -> !id.validate(TextNode.valueOf(text)).isEmpty());
            });
        });
    }

    @Test
    void whatIsReceivedHasAHandlerAndWhatHasAHandlerIsReceived() {
        assertThat(routes()).extracting(AsyncApiTest::uri).filteredOn(uri -> uri.matches("direct:[A-Z].*"))
            .containsExactlyInAnyOrderElementsOf(schemas("in").map(file -> file.replaceAll("in/(\\w+).*", "direct:$1")).toList());
    }

    @Test
    void whatIsWrittenToTheOutboxIsSentAndWhatIsSentIsWritten() throws IOException {
        Pattern insert = Pattern.compile("INSERT INTO outbox\\s*\\(message_type,[^)]*\\)\\s*SELECT '(\\w+)'");
        List<String> written = new ArrayList<>();
        for (String directory : List.of("routes", "db/migration")) {
            for (Path file : files(directory).stream().filter(file -> file.toString().endsWith(".sql") && !file.endsWith("write-event.sql")).toList()) {
                String sql = Files.readString(file);
                List<String> types = insert.matcher(sql).results().map(match -> match.group(1)).toList();
                assertThat(types).as("%s: inserts whose message type this test finds", file)
                    .hasSameSizeAs(Pattern.compile("INSERT INTO outbox\\b").matcher(sql).results().toList());
                written.addAll(types);
            }
        }
        for (Path file : files("routes").stream().filter(file -> file.toString().endsWith(".yaml")).toList()) {
            Pattern.compile("\\boutbox:(\\w+)").matcher(Files.readString(file)).results().forEach(step -> written.add(step.group(1)));
        }
        assertThat(Set.copyOf(written)).isEqualTo(
            schemas("out").map(file -> file.replaceAll("out/(\\w+).*", "$1")).collect(Collectors.toSet()));
    }

    @Test
    void anEventIsSentWithAllThatTheContractDeclares() throws Exception {
        ServiceBusMessage event = published("eu", Map.of("correlation_id", "checkout-7", "causation_id", "m-1",
            "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate", "shop=1"));

        assertThat(event.getApplicationProperties().keySet()).isEqualTo(names(declared("headers").get("properties")));
        assertThat(properties(event).keySet()).isEqualTo(names(declared("x-service-bus-properties").get("properties")));
    }

    @Test
    void anEventThatNoMessageHasCausedIsSentWithAllThatTheContractRequires() throws Exception {
        ServiceBusMessage event = published("", Map.of());

        assertThat(event.getApplicationProperties().keySet()).containsExactlyInAnyOrderElementsOf(required("headers"));
        assertThat(properties(event).keySet()).containsExactlyInAnyOrderElementsOf(required("x-service-bus-properties"));
    }

    @Test
    void everyReasonOfADeadLetterIsNamed() {
        String description = Contracts.ASYNCAPI.at("/info/description").textValue();
        assertThat(description).contains(Arrays.stream(InvalidMessageException.Reason.values()).map(Enum::name).toList());
    }

    /** The message that the publisher makes of an outbox row, checked against the contract. */
    private static ServiceBusMessage published(String cell, Map<String, String> columns) throws Exception {
        JsonNode payload = MESSAGES.at("/InventoryReserved/examples/0/payload");
        Map<String, Object> row = new HashMap<>(columns);
        row.putAll(Map.of("message_id", UUID.randomUUID(), "message_type", "InventoryReserved", "message_body", payload.toString(),
            "partition_key", "order-1", "created_at", new Timestamp(System.currentTimeMillis())));
        ServiceBusMessageBatch batch = mock();
        ArgumentCaptor<ServiceBusMessage> message = ArgumentCaptor.captor();
        when(batch.tryAddMessage(message.capture())).thenReturn(true);
        ServiceBusSenderClient sender = mock();
        when(sender.createMessageBatch()).thenReturn(batch);

        new OutboxPublisher("inventory", cell, new MessageTracer(OpenTelemetry.noop()), () -> sender, new RelayHealthCheck(Duration.ofMinutes(1))).publish(List.of(row));

        ServiceBusMessage event = message.getValue();
        Contracts.assertKept("InventoryReserved", JSON.readTree(event.getBody().toBytes()),
            event.getApplicationProperties(), properties(event));
        return event;
    }

    /** All properties of a message that are set, without body and application properties. */
    private static Map<String, Object> properties(ServiceBusMessage message) throws ReflectiveOperationException {
        Map<String, Object> properties = new TreeMap<>();
        for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(ServiceBusMessage.class)) {
            Object value = property.getReadMethod().invoke(message);
            if (value != null && !Set.of("body", "applicationProperties", "rawAmqpMessage", "class").contains(property.getName())) {
                properties.put(StringUtils.capitalize(property.getName()), value);
            }
        }
        return properties;
    }

    private static JsonNode declared(String part) {
        return Contracts.ASYNCAPI.at("/components/messageTraits/sent").get(part);
    }

    private static List<String> required(String part) {
        return StreamSupport.stream(declared(part).get("required").spliterator(), false).map(JsonNode::textValue).toList();
    }

    private static JsonNode channel(String operation) {
        return Contracts.resolve(OPERATIONS.get(operation).get("channel"));
    }

    /** The entity of a channel, for messages: {@code topic orders}. */
    private static String entity(JsonNode channel) {
        return channel.get("x-service-bus-entity").textValue() + " " + channel.get("address").textValue();
    }

    /** The settings that a text names. */
    private static List<String> settings(String text) {
        return SETTING.matcher(text).results().map(MatchResult::group).toList();
    }

    /** The default of the setting that a description names. */
    private static String defaultOf(JsonNode described) {
        List<String> settings = settings(described.get("description").textValue());
        assertThat(settings).as("%s", described).hasSize(1);
        return SETTINGS.requiredAt("/" + settings.get(0).replace('.', '/')).textValue();
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new LinkedHashSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** The schemas of messages in one direction, as the contract refers to them. */
    private static Stream<String> schemas(String direction) {
        return files("contracts/" + direction).stream().map(file -> direction + "/" + file.getFileName());
    }

    private static List<JsonNode> routes() {
        return elements("route").toList();
    }

    /** The elements of a kind in all files of routes. */
    private static Stream<JsonNode> elements(String kind) {
        return files("routes").stream().filter(file -> file.toString().endsWith(".yaml"))
            .flatMap(file -> StreamSupport.stream(Contracts.read(RESOURCES.relativize(file).toString()).spliterator(), false))
            .filter(element -> element.has(kind)).map(element -> element.get(kind));
    }

    private static String parameter(JsonNode templatedRoute, String name, String standard) {
        return StreamSupport.stream(templatedRoute.get("parameters").spliterator(), false)
            .filter(parameter -> parameter.get("name").textValue().equals(name)).map(parameter -> parameter.get("value").textValue())
            .findFirst().orElse(standard);
    }

    private static String uri(JsonNode route) {
        return route.at("/from/uri").textValue();
    }

    private static List<Path> files(String directory) {
        try (Stream<Path> files = Files.walk(RESOURCES.resolve(directory))) {
            return files.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
