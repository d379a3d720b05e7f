package servicebus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Reads the configuration of Microsoft's Service Bus emulator. An unknown or unsupported property is an error that
 * names the entity and the property: a test on a bus that ignores properties would prove nothing.
 */
final class ConfigReader {

    private static final String NAME = "[A-Za-z0-9]|[A-Za-z0-9][\\w./-]*[A-Za-z0-9]";
    private static final Duration MAX_LOCK_DURATION = Duration.ofMinutes(5);

    private final MessageCodec codec;
    private final EventLoop loop;
    private final EmbeddedServiceBus.Options busOptions;
    private final Set<String> paths = new HashSet<>();
    private final List<Entity> entities = new ArrayList<>();
    /** To be done when all entities are known. */
    private final List<Consumer<Namespace>> forwards = new ArrayList<>();

    ConfigReader(MessageCodec codec, EventLoop loop, EmbeddedServiceBus.Options busOptions) {
        this.codec = codec;
        this.loop = loop;
        this.busOptions = busOptions;
    }

    /** @throws IllegalArgumentException when the configuration is wrong */
    Namespace read(Path config) throws IOException {
        try {
            JsonMapper mapper = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();
            Node root = new Node("the configuration", mapper.readTree(Files.readAllBytes(config)));
            root.allow("UserConfig");
            Node user = root.object("UserConfig");
            user.allow("Namespaces", "Logging");
            List<Node> namespaces = user.list("Namespaces", "namespace");
            if (namespaces.size() != 1) {
                throw user.wrong("Namespaces", "must have exactly one element");
            }
            readNamespace(namespaces.get(0));
            Namespace all = new Namespace(entities);
            forwards.forEach(forward -> forward.accept(all));
            return all;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(config + ": not valid JSON: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(config + ": " + e.getMessage(), e);
        }
    }

    private void readNamespace(Node namespace) {
        namespace.allow("Name", "Queues", "Topics");
        for (Node queue : namespace.list("Queues", "queue")) {
            queue.allow("Name", "Properties");
            Node properties = queue.object("Properties");
            properties.allow("DeadLetteringOnMessageExpiration", "DefaultMessageTimeToLive",
                    "DuplicateDetectionHistoryTimeWindow", "ForwardDeadLetteredMessagesTo", "ForwardTo", "LockDuration",
                    "MaxDeliveryCount", "RequiresDuplicateDetection", "RequiresSession");
            Queue entity = new Queue(queue.text("Name"), Queue.Kind.QUEUE, options(properties), codec, loop);
            register(queue, entity);
            forward(properties, entity);
        }
        for (Node topic : namespace.list("Topics", "topic")) {
            topic.allow("Name", "Properties", "Subscriptions");
            Node properties = topic.object("Properties");
            properties.allow("DefaultMessageTimeToLive", "DuplicateDetectionHistoryTimeWindow",
                    "RequiresDuplicateDetection");
            String name = topic.text("Name");
            List<Topic.Subscription> subscriptions = topic.list("Subscriptions", "subscription").stream()
                    .map(subscription -> subscription(name, subscription)).toList();
            register(topic, new Topic(name, options(properties), subscriptions));
        }
    }

    private Topic.Subscription subscription(String topic, Node subscription) {
        subscription.allow("Name", "Properties", "Rules");
        Node properties = subscription.object("Properties");
        properties.allow("DeadLetteringOnMessageExpiration", "DefaultMessageTimeToLive",
                "ForwardDeadLetteredMessagesTo", "ForwardTo", "LockDuration", "MaxDeliveryCount", "RequiresSession");
        Queue queue = new Queue(topic + "/Subscriptions/" + subscription.text("Name"), Queue.Kind.SUBSCRIPTION,
                options(properties), codec, loop);
        register(subscription, queue);
        forward(properties, queue);
        return new Topic.Subscription(queue, subscription.list("Rules", "rule").stream().map(this::rule).toList());
    }

    private void forward(Node properties, Queue queue) {
        forward(properties, "ForwardTo", queue, queue);
        forward(properties, "ForwardDeadLetteredMessagesTo", queue, queue.deadLetterQueue);
    }

    private void forward(Node properties, String property, Queue queue, Queue source) {
        String target = properties.text(property, "");
        if (!target.isEmpty()) {
            forwards.add(namespace -> {
                try {
                    source.forwardTo(namespace.destination(target));
                } catch (RefusedException e) {
                    throw properties.wrong(property, "is no queue or topic");
                }
                if (leadsTo(queue, source.next().toList(), new HashSet<>())) {
                    throw properties.wrong(property, "leads back to where it begins");
                }
            });
        }
    }

    private static boolean leadsTo(Entity goal, List<Entity> from, Set<Entity> seen) {
        return from.stream().anyMatch(entity -> entity == goal || seen.add(entity) && leadsTo(goal, entity.next().toList(), seen));
    }

    private void register(Node node, Entity entity) {
        if (!node.text("Name").matches(NAME)) {
            throw node.wrong("Name", "is not a valid name");
        }
        if (!paths.add(Namespace.normalized(entity.path))) {
            throw node.wrong("Name", "is taken");
        }
        entities.add(entity);
    }

    private EntityOptions options(Node properties) {
        if (properties.flag("RequiresSession")) {
            throw properties.wrong("RequiresSession", "is not supported");
        }
        Duration lockDuration = properties.duration("LockDuration", Duration.ofMinutes(1));
        if (lockDuration.compareTo(MAX_LOCK_DURATION) > 0) {
            throw properties.wrong("LockDuration", "must not exceed " + MAX_LOCK_DURATION);
        }
        Duration window = properties.duration("DuplicateDetectionHistoryTimeWindow", Duration.ofSeconds(20));
        return new EntityOptions(busOptions.lockDurationOverride() == null ? lockDuration : busOptions.lockDurationOverride(),
                properties.positive("MaxDeliveryCount", 3),
                properties.duration("DefaultMessageTimeToLive", Duration.ofHours(1)),
                properties.flag("DeadLetteringOnMessageExpiration"),
                properties.flag("RequiresDuplicateDetection") ? window : null, busOptions.history());
    }

    private Rule rule(Node rule) {
        rule.allow("Name", "Properties");
        Node properties = rule.object("Properties");
        properties.allow("FilterType", "CorrelationFilter", "SqlFilter");
        switch (properties.text("FilterType")) {
            case "Correlation" -> {
                return correlation(properties.object("CorrelationFilter"));
            }
            case "Sql" -> {
                Node filter = properties.object("SqlFilter");
                filter.allow("SqlExpression");
                try {
                    return Rule.sql(filter.text("SqlExpression"));
                } catch (IllegalArgumentException e) {
                    throw rule.wrong("SqlExpression", e.getMessage());
                }
            }
            default -> throw properties.wrong("FilterType", "must be Correlation or Sql");
        }
    }

    private static Rule correlation(Node filter) {
        Set<String> known = new HashSet<>(Rule.SYSTEM_PROPERTIES.keySet());
        known.add("Properties");
        filter.allow(known.toArray(String[]::new));
        Map<String, String> system = new LinkedHashMap<>();
        for (String name : Rule.SYSTEM_PROPERTIES.keySet()) {
            if (filter.has(name)) {
                system.put(name, filter.text(name));
            }
        }
        Map<String, Object> application = filter.object("Properties").values();
        if (system.isEmpty() && application.isEmpty()) {
            throw new IllegalArgumentException(filter.where + ": CorrelationFilter must name a property");
        }
        return Rule.correlation(system, application);
    }

    /** A JSON object, and its name for error messages. */
    private record Node(String where, JsonNode json) {

        void allow(String... keys) {
            json.fieldNames().forEachRemaining(key -> {
                if (!List.of(keys).contains(key)) {
                    throw wrong(key, "is unknown");
                }
            });
        }

        IllegalArgumentException wrong(String property, String problem) {
            String value = json.path(property).isValueNode() ? " " + json.path(property) : "";
            return new IllegalArgumentException(where + ": " + property + value + " " + problem);
        }

        boolean has(String property) {
            return json.has(property);
        }

        /** The object of a property; empty if there is none. */
        Node object(String property) {
            JsonNode value = json.path(property);
            if (!value.isObject() && !value.isMissingNode()) {
                throw wrong(property, "must be an object");
            }
            return new Node(where, value);
        }

        /** The elements of an array, with their names for error messages; empty when there is no such array. */
        List<Node> list(String property, String kind) {
            JsonNode values = json.path(property);
            if (!values.isArray() && !values.isMissingNode()) {
                throw wrong(property, "must be an array");
            }
            String parent = kind.equals("subscription") || kind.equals("rule") ? where + ", " : "";
            List<Node> nodes = new ArrayList<>();
            values.forEach(value -> nodes.add(
                    new Node(parent + kind + " '" + value.path("Name").asText() + "'", value)));
            return nodes;
        }

        String text(String property) {
            if (!json.path(property).isTextual()) {
                throw wrong(property, "must be a string");
            }
            return json.path(property).textValue();
        }

        String text(String property, String otherwise) {
            return has(property) ? text(property) : otherwise;
        }

        boolean flag(String property) {
            if (has(property) && !json.path(property).isBoolean()) {
                throw wrong(property, "must be true or false");
            }
            return json.path(property).booleanValue();
        }

        int positive(String property, int otherwise) {
            if (has(property) && (!json.path(property).isInt() || json.path(property).intValue() < 1)) {
                throw wrong(property, "must be a positive integer");
            }
            return json.path(property).asInt(otherwise);
        }

        Duration duration(String property, Duration otherwise) {
            if (!has(property)) {
                return otherwise;
            }
            try {
                Duration duration = Duration.parse(text(property));
                if (duration.isNegative() || duration.isZero()) {
                    throw wrong(property, "must be longer than zero");
                }
                return duration;
            } catch (DateTimeParseException e) {
                throw wrong(property, "is not an ISO 8601 duration");
            }
        }

        /** The properties of this object as strings, booleans, longs and doubles. */
        Map<String, Object> values() {
            Map<String, Object> values = new LinkedHashMap<>();
            json.fields().forEachRemaining(field -> {
                JsonNode value = field.getValue();
                if (!value.isValueNode() || value.isNull()) {
                    throw wrong(field.getKey(), "must be a string, a number or a boolean");
                }
                values.put(field.getKey(), value.isBoolean() ? (Object) value.booleanValue()
                        : value.isIntegralNumber() ? (Object) value.longValue()
                        : value.isNumber() ? (Object) value.doubleValue() : value.textValue());
            });
            return values;
        }
    }
}
