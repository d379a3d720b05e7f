package ecommerce.inventory.messaging;

import static ecommerce.inventory.inbox.InvalidMessageException.Reason.MalformedBody;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.core.amqp.models.AmqpMessageBodyType;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import ecommerce.inventory.inbox.InvalidMessageException;
import ecommerce.inventory.inbox.Normalizer;

/** The body of a message: bytes, or the text that JMS and other AMQP peers send as an AMQP value. */
final class MessageBody {

    private MessageBody() {
    }

    /** Bytes, counted without a copy; 0 for what is neither bytes nor text, which is never read. */
    static int size(ServiceBusReceivedMessage message) {
        AmqpMessageBody body = message.getRawAmqpMessage().getBody();
        return isBytes(body) ? body.getFirstData().length : isText(body) ? utf8Length((String) body.getValue()) : 0;
    }

    /** @throws InvalidMessageException if it is neither bytes nor text, or a text that is too large to be copied */
    static byte[] bytes(ServiceBusReceivedMessage message) {
        AmqpMessageBody body = message.getRawAmqpMessage().getBody();
        if (isBytes(body)) {
            return body.getFirstData();
        }
        if (!isText(body)) {
            throw new InvalidMessageException(MalformedBody, "body: is an AMQP " + body.getBodyType().name().toLowerCase(Locale.ROOT)
                + " that is no text; a JSON object was expected");
        }
        Normalizer.requireReadable(size(message));
        return ((String) body.getValue()).getBytes(StandardCharsets.UTF_8);
    }

    /** What a body says whatever it is made of, and however large it is: to be searched, not to be handled. */
    static byte[] searchable(ServiceBusReceivedMessage message) {
        AmqpMessageBody body = message.getRawAmqpMessage().getBody();
        return isBytes(body) ? body.getFirstData() : String.valueOf(body.getBodyType() == AmqpMessageBodyType.VALUE ? body.getValue()
            : body.getSequence()).getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isBytes(AmqpMessageBody body) {
        return body.getBodyType() == AmqpMessageBodyType.DATA;
    }

    private static boolean isText(AmqpMessageBody body) {
        return body.getBodyType() == AmqpMessageBodyType.VALUE && body.getValue() instanceof String;
    }

    private static int utf8Length(String text) {
        return text.codePoints().map(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4).sum();
    }
}
