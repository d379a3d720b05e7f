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
import ecommerce.inventory.text.UntrustedText;
import ecommerce.inventory.tracing.LogFields;
import ecommerce.inventory.tracing.MessageTracer;
import ecommerce.inventory.transaction.MessageList;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.azure.servicebus.ServiceBusConstants;
import org.apache.camel.util.StringHelper;

/**
 * The Normalizer (EIP) in front of the inbox: whatever the sender's conventions, the routes see one form.
 * <ul>
 * <li>The body is a parsed JSON object with the first letter of each field in lower case (.NET peers write PascalCase), reduced to the
 * fields that the {@link InboundSchema} of its type keeps: a discarded field is in no variable, table or log.</li>
 * <li>Variable {@code messageType} is the Subject, or else the application property MessageType; of a .NET type name only the last part
 * counts. The receiving route has to accept it: variable {@code acceptedTypes}.</li>
 * <li>Variable {@code messageBody} is its text, for expressions: {@code jsonpath} with source messageBody.</li>
 * <li>Variable {@code message} is a map, to be used as parameters of SQL: messageId (UUID), sourceMessageId (the MessageId as sent),
 * messageType, messageBody (JSON), contentHash (SHA-256 of messageBody, hexadecimal), partitionKey (see {@link InboundSchema}),
 * correlationId, traceparent and tracestate (of the span that is current, or null), enqueuedAt (OffsetDateTime; when the broker took
 * it, or null). Exchange property {@code message} is the same map, for the worker itself: a handler has no such variable, but a list
 * of messages ({@link MessageList}).</li>
 * <li>No header remains: the sender controls application properties, which must not reach an endpoint.</li>
 * <li>Log lines carry the order id.</li>
 * </ul>
 * A message that cannot be normalised causes an {@link InvalidMessageException}.
 */
public class NormalizeMessage implements Processor {

    /**
     * Bytes. Service Bus delivers messages of up to 1 MB, or of 100 MB if configured so: such a body would be in memory several times.
     */
    private static final int MAX_BODY = 2 << 20;
    /** Characters: the limit of Service Bus. */
    private static final int MAX_CORRELATION_ID = 128;
    /** UTF-8. The SDK reserves 512 bytes for this and all other properties of an event, application properties aside. */
    private static final int MAX_CORRELATION_ID_BYTES = 256;
    private static final String ORDER = "OrderCreated";
    private static final Pattern SIMPLE_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,99}");
    /** The UUIDs 0000… and ffff…, which some senders use for no id; in the formats of .NET ("D", "N", "B" and "P"). */
    private static final Pattern NO_ID = Pattern.compile("\\s*[{(]?([0F])\\1{7}(-?\\1{4}){3}-?\\1{12}[})]?\\s*", Pattern.CASE_INSENSITIVE);
    /** With or without hyphens, as .NET writes them (formats "D" and "N"). */
    private static final Pattern UUID_TEXT =
        Pattern.compile("(\\p{XDigit}{8})-?(\\p{XDigit}{4})-?(\\p{XDigit}{4})-?(\\p{XDigit}{4})-?(\\p{XDigit}{12})");

    private final JsonBody json = new JsonBody();
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
        LogFields.put(null, UntrustedText.excerpt(object.path("orderId").asText()));
        String body = object.toString();
        String sentId = in.getHeader(ServiceBusConstants.MESSAGE_ID, String.class);
        UUID id = messageId(exchange, type, sentId);
        String correlationId = in.getHeader(ServiceBusConstants.CORRELATION_ID, String.class);
        if (correlationId != null) {
            requirePassable(correlationId);
        }

        Map<String, Object> message = new HashMap<>();
        message.put("messageId", id);
        message.put("sourceMessageId", sentId == null ? id.toString() : UntrustedText.storable(sentId));
        message.put("messageType", type);
        message.put("messageBody", body);
        message.put("contentHash", sha256(body));
        message.put("partitionKey", schema.partitionKey(object));
        message.put("correlationId", UntrustedText.storable(correlationId));
        Map<String, String> trace = MessageTracer.context();
        message.put("traceparent", trace.get("traceparent"));
        message.put("tracestate", trace.get("tracestate"));
        message.put("enqueuedAt", in.getHeader(ServiceBusConstants.ENQUEUED_TIME));

        exchange.setVariable("messageType", type);
        exchange.setVariable("messageBody", body);
        exchange.setVariable("message", message);
        exchange.setProperty(MessageList.MESSAGE, message);
        in.removeHeaders("*");
        in.setBody(object);
    }

    /**
     * Also for callers that would have to copy a body to get its bytes.
     *
     * @param bytes the length of a body
     * @throws InvalidMessageException if it is too large to be read
     */
    public static void requireReadable(int bytes) {
        if (bytes > MAX_BODY) {
            throw new InvalidMessageException(MalformedBody, "body: has " + bytes + " bytes, more than " + MAX_BODY);
        }
    }

    /** A type is known if it has a schema; the source of the message has to accept it too. */
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
                "Subject: the message type '" + UntrustedText.excerpt(given) + "' is not known to this worker");
        }
        AcceptedTypes.require(exchange, name, given);
        return name;
    }

    /** The schema of a type; null if it has none. */
    private InboundSchema schema(CamelContext context, String type) {
        return schemas.computeIfAbsent(type, name -> InboundSchema.read(context, name));
    }

    /** Makes the next message read its schema again, as it may have changed. */
    public void forgetSchemas() {
        schemas.clear();
    }

    /**
     * The MessageId if it is a UUID, otherwise a UUID made from it. Ids that are not globally unique are made unique by the message
     * type, as some senders use the order id for all messages of an order. A message without an id is identified by the receiving
     * route, its sequence number and its time, which are the same at each delivery. The time is needed because the sequence numbers of
     * a recreated entity start again at 1.
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
}
