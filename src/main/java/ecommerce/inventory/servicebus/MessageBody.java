package ecommerce.inventory.servicebus;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.MalformedBody;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.inbox.NormalizeMessage;
import org.apache.qpid.proton.amqp.Binary;

/** The body of a message: bytes, as AMQP data or as an AMQP value, or the text that JMS and other AMQP peers send as an AMQP value. */
final class MessageBody {

    private MessageBody() {
    }

    /** In bytes, counted without a copy; 0 for a body that is neither bytes nor text, which is never read. */
    static int size(ServiceBusReceivedMessage message) {
        Object content = content(message);
        return content instanceof byte[] bytes ? bytes.length : content instanceof String text ? utf8Length(text) : 0;
    }

    /** @throws InvalidMessageException if it is neither bytes nor text, is a text that is too large to copy, or could not be decoded */
    static byte[] bytes(ServiceBusReceivedMessage message) {
        Optional<String> fault = GuardedSerializer.fault(message);
        if (fault.isPresent()) {
            throw notJson(fault.get());
        }
        Object content = content(message);
        if (content instanceof byte[] bytes) {
            return bytes;
        }
        if (!(content instanceof String text)) {
            throw notJson(switch (message.getRawAmqpMessage().getBody().getBodyType()) {
                case SEQUENCE -> "is an AMQP sequence";
                default -> "is an AMQP value that is " + kind(content);
            });
        }
        NormalizeMessage.requireReadable(size(message));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The content of a body of any kind and size: to be searched, not to be handled. */
    static byte[] searchable(ServiceBusReceivedMessage message) {
        Object content = content(message);
        return content instanceof byte[] bytes ? bytes : String.valueOf(content).getBytes(StandardCharsets.UTF_8);
    }

    /** A byte[] if it is bytes, in whatever section; otherwise an AMQP value, or the list of an AMQP sequence. */
    private static Object content(ServiceBusReceivedMessage message) {
        AmqpMessageBody body = message.getRawAmqpMessage().getBody();
        return switch (body.getBodyType()) {
            case DATA -> body.getFirstData();
            case SEQUENCE -> body.getSequence();
            case VALUE -> body.getValue() instanceof Binary binary ? bytes(binary) : body.getValue();
        };
    }

    private static byte[] bytes(Binary binary) {
        boolean whole = binary.getLength() == binary.getArray().length;
        return whole ? binary.getArray()
            : Arrays.copyOfRange(binary.getArray(), binary.getArrayOffset(), binary.getArrayOffset() + binary.getLength());
    }

    private static InvalidMessageException notJson(String fault) {
        return new InvalidMessageException(MalformedBody, "body: " + fault + "; a JSON object was expected");
    }

    private static String kind(Object value) {
        return value instanceof Map ? "a map" : value instanceof List ? "a list" : value instanceof Number ? "a number"
            : value instanceof Boolean ? "a boolean" : value instanceof Date ? "a timestamp" : value instanceof UUID ? "a UUID"
            : value.getClass().isArray() ? "an array" : "a " + value.getClass().getSimpleName();
    }

    private static int utf8Length(String text) {
        return text.codePoints().map(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4).sum();
    }
}
