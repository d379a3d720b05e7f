package ecommerce.inventory.servicebus;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.azure.core.amqp.implementation.MessageSerializer;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.DescribedType;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Header;
import org.apache.qpid.proton.amqp.messaging.MessageAnnotations;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;

/**
 * The SDK's decoder of messages, which also decodes messages on which the SDK throws: with a null body (JMS sends one for a text
 * message without text), an application property whose value is not of its type, and the like. The readable parts of such a message
 * remain. If its body is unreadable, it gets an empty one and a {@link #fault}.
 * <p>
 * Without it one such message closes its link, which interrupts all messages in flight there, and makes every peek at its queue fail
 * until it is removed. See deserializeMessage in
 * https://github.com/Azure/azure-sdk-for-java/blob/main/sdk/servicebus/azure-messaging-servicebus/src/main/java/com/azure/messaging/servicebus/ServiceBusMessageSerializer.java
 */
final class GuardedSerializer implements MessageSerializer {

    private static final String FAULT = "inventory-fault";

    private final MessageSerializer sdk;

    GuardedSerializer(MessageSerializer sdk) {
        this.sdk = sdk;
    }

    /** A type of its own, which no sender can put into an annotation. */
    private record Fault(String description) {
    }

    /**
     * Puts this decoder into the clients that a builder makes. The SDK has no setting for it.
     *
     * @param  builder a {@link ServiceBusClientBuilder}
     * @return         the same
     * @throws IllegalStateException if the builder of this SDK version does not have the expected field
     */
    static <B> B install(B builder) {
        try {
            Field decoder = builder.getClass().getDeclaredField("messageSerializer");
            decoder.setAccessible(true);
            decoder.set(builder, new GuardedSerializer((MessageSerializer) decoder.get(builder)));
            return builder;
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalStateException("The worker does not work with this version of azure-messaging-servicebus: a message that the "
                + "SDK cannot decode would stop its receiver, as " + builder.getClass().getName() + " has no field messageSerializer for its decoder", e);
        }
    }

    /** Why the body of a message could not be decoded, as a sentence without its subject; empty for most messages. */
    static Optional<String> fault(ServiceBusReceivedMessage message) {
        return message.getRawAmqpMessage().getMessageAnnotations().get(FAULT) instanceof Fault fault ? Optional.of(fault.description())
            : Optional.empty();
    }

    @Override
    public <T> T deserialize(Message message, Class<T> type) {
        try {
            return sdk.deserialize(message, type);
        } catch (RuntimeException e) {
            return deserializeReadable(message, type);
        }
    }

    private <T> T deserializeReadable(Message message, Class<T> type) {
        String fault = faultOf(message.getBody());
        if (fault != null) {
            message.setBody(null);
        }
        dropUnreadable(message);
        T decoded;
        try {
            decoded = sdk.deserialize(message, type);
        } catch (RuntimeException e) {
            fault = "cannot be decoded: " + e;
            message.setBody(null);
            message.setProperties(null);
            message.setApplicationProperties(null);
            decoded = sdk.deserialize(message, type);
        }
        if (fault != null) {
            ((ServiceBusReceivedMessage) decoded).getRawAmqpMessage().getMessageAnnotations().put(FAULT, new Fault(fault));
        }
        return decoded;
    }

    private static String faultOf(Section body) {
        return body instanceof AmqpValue value && value.getValue() == null ? "is an AMQP value that is null"
            : body instanceof Data data && data.getValue() == null ? "is an AMQP data section that is null"
            : body instanceof AmqpSequence sequence && sequence.getValue() == null ? "is an AMQP sequence that is null"
            : null;
    }

    /** Drops what is not needed to handle or to settle the message. */
    private static void dropUnreadable(Message message) {
        if (message.getHeader() == null) {
            message.setHeader(new Header());
        }
        message.setDeliveryAnnotations(null);
        message.setFooter(null);
        if (message.getMessageAnnotations() != null) {
            Map<Symbol, Object> named = new HashMap<>();
            entries(message.getMessageAnnotations().getValue()).forEach((key, value) -> {
                if (key instanceof Symbol name) {
                    named.put(name, value);
                }
            });
            message.setMessageAnnotations(new MessageAnnotations(named));
        }
        if (message.getApplicationProperties() != null) {
            Map<String, Object> plain = new HashMap<>();
            entries(message.getApplicationProperties().getValue()).forEach((key, value) -> {
                if (key instanceof String name && !(value instanceof DescribedType)) {
                    plain.put(name, value);
                }
            });
            message.setApplicationProperties(new ApplicationProperties(plain));
        }
    }

    /** AMQP allows keys of other types too, whatever the library's generics say. */
    private static Map<?, ?> entries(Map<?, ?> section) {
        return section == null ? Map.of() : section;
    }

    /** Decodes peeked messages. Deferred messages, which come with a lock, are not received by the worker. */
    @Override
    public <T> List<T> deserializeList(Message answer, Class<T> type) {
        try {
            return sdk.deserializeList(answer, type);
        } catch (RuntimeException e) {
            if (type != ServiceBusReceivedMessage.class) {
                throw e;
            }
            List<T> decoded = new ArrayList<>();
            Map<?, ?> body = (Map<?, ?>) ((AmqpValue) answer.getBody()).getValue();
            for (Object peeked : (Iterable<?>) body.get("messages")) {
                Binary encoded = (Binary) ((Map<?, ?>) peeked).get("message");
                Message message = Message.Factory.create();
                message.decode(encoded.getArray(), encoded.getArrayOffset(), encoded.getLength());
                decoded.add(deserialize(message, type));
            }
            return decoded;
        }
    }

    @Override
    public <T> Message serialize(T message) {
        return sdk.serialize(message);
    }

    @Override
    public int getSize(Message message) {
        return sdk.getSize(message);
    }
}
