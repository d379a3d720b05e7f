package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.MalformedBody;
import static ecommerce.inventory.failure.InvalidMessageException.Reason.SchemaViolation;
import static ecommerce.inventory.failure.InvalidMessageException.Reason.UnknownMessageType;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.tracing.LogFields;
import ecommerce.inventory.tracing.MessageTracer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.azure.servicebus.ServiceBusConstants;
import org.apache.camel.util.StringHelper;

/**
 * The Normalizer (EIP) in front of the inbox: whatever the sender's conventions, the routes see one form.
 * <ul>
 * <li>The body is a JSON object, read, with the first letter of each field in lower case (.NET peers write PascalCase), and only
 * with the fields that the {@link InboundSchema} of its type keeps: what is discarded is in no variable, table or log.</li>
 * <li>Variable {@code messageType} is the Subject, else the application property MessageType; of a .NET
 * type name only the last part. The route that received the message has to accept it: variable {@code acceptedTypes}.</li>
 * <li>Variable {@code messageBody} is its text, for expressions: {@code jsonpath} with source messageBody.</li>
 * <li>Variable {@code message} is a map, made to be the parameters of SQL: messageId (UUID),
 * sourceMessageId (the MessageId as sent), messageType, messageBody (JSON), contentHash (SHA-256 of messageBody, hexadecimal),
 * partitionKey (see {@link InboundSchema}), correlationId, traceparent and tracestate (of the span that is current, or null),
 * enqueuedAt (OffsetDateTime; when the broker took it, or null).</li>
 * <li>No header is left: application properties are the sender's, and must not reach an endpoint.</li>
 * <li>Lines of the log carry the order id.</li>
 * </ul>
 * A message that cannot be brought into this form is an {@link InvalidMessageException}.
 */
public class Normalizer implements Processor {

    /** Bytes. Service Bus passes on half of that, or 100 MB where it is set up for them: those would be in memory several times. */
    private static final int MAX_BODY = 2 << 20;
    /** Characters, as Service Bus has it. */
    private static final int MAX_CORRELATION_ID = 128;
    /** UTF-8. The SDK makes room for 512 with all other properties of an event that are no application properties. */
    private static final int MAX_CORRELATION_ID_BYTES = 256;
    private static final String ORDER = "OrderCreated";
    private static final Pattern SIMPLE_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,99}");
    /** The UUIDs of all zeros and of all ones, which senders have that set no id; as .NET writes them ("D", "N", "B" and "P"). */
    private static final Pattern NO_ID = Pattern.compile("\\s*[{(]?([0F])\\1{7}(-?\\1{4}){3}-?\\1{12}[})]?\\s*", Pattern.CASE_INSENSITIVE);
    /** With or without hyphens, as .NET writes them ("D" and "N"). */
    private static final Pattern UUID_TEXT =
        Pattern.compile("(\\p{XDigit}{8})-?(\\p{XDigit}{4})-?(\\p{XDigit}{4})-?(\\p{XDigit}{4})-?(\\p{XDigit}{12})");

    private final JsonNormalizer json = new JsonNormalizer();
    private final Map<String, InboundSchema> schemas = new ConcurrentHashMap<>();

    @Override
    public void process(Exchange exchange) {
        Message in = exchange.getMessage();
        String type = messageType(exchange, in);
        byte[] sent = in.getBody(byte[].class);
        requireReadable(sent == null ? 0 : sent.length);
        InboundSchema schema = schema(exchange.getContext(), type);
        ObjectNode object = schema.reduce(json.normalise(sent));
        if (ORDER.equals(type)) {
            OrderLines.requireCountable(object);
        }
        LogFields.put(null, JsonNormalizer.excerpt(object.path("orderId").asText()));
        String body = object.toString();
        String sentId = in.getHeader(ServiceBusConstants.MESSAGE_ID, String.class);
        UUID id = messageId(exchange, type, sentId);
        String correlationId = in.getHeader(ServiceBusConstants.CORRELATION_ID, String.class);
        if (correlationId != null) {
            requirePassable(correlationId);
        }

        Map<String, Object> message = new HashMap<>();
        message.put("messageId", id);
        message.put("sourceMessageId", sentId == null ? id.toString() : withoutNul(sentId));
        message.put("messageType", type);
        message.put("messageBody", body);
        message.put("contentHash", sha256(body));
        message.put("partitionKey", schema.partitionKey(object));
        message.put("correlationId", withoutNul(correlationId));
        Map<String, String> trace = MessageTracer.context();
        message.put("traceparent", trace.get("traceparent"));
        message.put("tracestate", trace.get("tracestate"));
        message.put("enqueuedAt", in.getHeader(ServiceBusConstants.ENQUEUED_TIME));

        exchange.setVariable("messageType", type);
        exchange.setVariable("messageBody", body);
        exchange.setVariable("message", message);
        in.removeHeaders("*");
        in.setBody(object);
    }

    /**
     * For those as well who would have to copy a body to have it as bytes.
     *
     * @param bytes the length of a body
     * @throws InvalidMessageException if it is too large to be read
     */
    public static void requireReadable(int bytes) {
        if (bytes > MAX_BODY) {
            throw new InvalidMessageException(MalformedBody, "body: has " + bytes + " bytes, more than " + MAX_BODY);
        }
    }

    /** A type is known when its schema is there; the source of the message has to accept it as well. */
    private String messageType(Exchange exchange, Message in) {
        String given = in.getHeader(ServiceBusConstants.SUBJECT, String.class);
        if (given == null || given.isBlank()) {
            given = applicationProperty(in, "MessageType");
        }
        if (given == null || given.isBlank()) {
            throw new InvalidMessageException(UnknownMessageType,
                "Subject: is missing, and so is the application property MessageType; one of them has to name the message type");
        }
        // "Shop.Contracts.OrderCreated, Shop.Contracts" is a .NET type name; "+" separates a nested type.
        String name = StringHelper.before(given, ",", given).strip();
        name = name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('+')) + 1);
        if (!SIMPLE_NAME.matcher(name).matches() || schema(exchange.getContext(), name) == null) {
            throw new InvalidMessageException(UnknownMessageType,
                "Subject: the message type '" + JsonNormalizer.excerpt(given) + "' is not known to this worker");
        }
        AcceptedTypes.require(exchange, name, given);
        return name;
    }

    /** Of a type; null if it has none. */
    private InboundSchema schema(CamelContext context, String type) {
        return schemas.computeIfAbsent(type, name -> InboundSchema.read(context, name));
    }

    /** Has the schemas read again, for one that has changed. */
    public void forgetSchemas() {
        schemas.clear();
    }

    /**
     * The MessageId if it is a UUID, else one made from it. Ids that are not unique in the world are told apart
     * by message type, as some senders give an order's messages the order id. A message without an id is known
     * by the route that received it and its place in the broker's log, which are the same at each delivery. Its time is part of
     * the place, for the log of an entity that is made again begins again with 1.
     */
    private static UUID messageId(Exchange exchange, String type, String sentId) {
        String name;
        if (sentId != null && !sentId.isBlank() && !NO_ID.matcher(sentId).matches()) {
            var uuid = UUID_TEXT.matcher(sentId.strip());
            if (uuid.matches()) {
                return UUID.fromString(uuid.replaceFirst("$1-$2-$3-$4-$5"));
            }
            name = type + '/' + sentId;
        } else {
            Message in = exchange.getMessage();
            name = exchange.getFromRouteId() + '/' + in.getHeader(ServiceBusConstants.SEQUENCE_NUMBER) + '/'
                + in.getHeader(ServiceBusConstants.ENQUEUED_TIME);
        }
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void requirePassable(String correlationId) {
        if (correlationId.codePointCount(0, correlationId.length()) > MAX_CORRELATION_ID) {
            throw new InvalidMessageException(SchemaViolation, "CorrelationId: must be at most " + MAX_CORRELATION_ID
                + " characters long, but has " + correlationId.length());
        }
        int bytes = correlationId.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_CORRELATION_ID_BYTES) {
            throw new InvalidMessageException(SchemaViolation, "CorrelationId: must be at most " + MAX_CORRELATION_ID_BYTES
                + " bytes long in UTF-8, but has " + bytes);
        }
    }

    private static String applicationProperty(Message in, String name) {
        Map<?, ?> properties = in.getHeader(ServiceBusConstants.APPLICATION_PROPERTIES, Map.class);
        return properties != null && properties.get(name) instanceof String value ? value : null;
    }

    private static String withoutNul(String text) {
        return text == null ? null : text.replace("\0", "");
    }
}
