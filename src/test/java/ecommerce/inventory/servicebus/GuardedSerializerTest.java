package ecommerce.inventory.servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import com.azure.core.amqp.implementation.MessageSerializer;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.DescribedType;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.DeliveryAnnotations;
import org.apache.qpid.proton.amqp.messaging.Footer;
import org.apache.qpid.proton.amqp.messaging.Header;
import org.apache.qpid.proton.amqp.messaging.MessageAnnotations;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.test.util.ReflectionTestUtils;

/** A message that the SDK cannot decode is still received: with all readable parts, and with a fault if the body is unreadable. */
class GuardedSerializerTest {

    private static final Map<String, Object> KEPT = Map.of("MessageType", "OrderCreated");

    private final MessageSerializer sdk = decoderOf(new ServiceBusClientBuilder());
    private final MessageSerializer guarded = decoderOf(GuardedSerializer.install(new ServiceBusClientBuilder()));

    /** A text in place of the SDK's duration. */
    private static final class NoDuration implements DescribedType {
        @Override
        public Object getDescriptor() {
            return Symbol.valueOf("com.microsoft:timespan");
        }

        @Override
        public Object getDescribed() {
            return "an hour";
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void aBodyThatIsNullIsEmptyAndAFault(Section body, String fault) {
        Message message = message(body);
        assertThatThrownBy(() -> sdk.deserialize(message, ServiceBusReceivedMessage.class)).as("the SDK").isInstanceOf(NullPointerException.class);

        ServiceBusReceivedMessage decoded = guarded.deserialize(message, ServiceBusReceivedMessage.class);

        assertThat(GuardedSerializer.fault(decoded)).contains(fault);
        assertThat(decoded.getBody().toBytes()).isEmpty();
        assertThat(decoded.getSequenceNumber()).isEqualTo(7);
        assertThat(decoded.getMessageId()).isEqualTo("id-1");
        assertThat(decoded.getApplicationProperties()).isEqualTo(KEPT);
    }

    static Stream<Arguments> aBodyThatIsNullIsEmptyAndAFault() {
        return Stream.of(
            arguments(named("a value", new AmqpValue(null)), "is an AMQP value that is null"),
            arguments(named("data", new Data(null)), "is an AMQP data section that is null"),
            arguments(named("a sequence", new AmqpSequence(null)), "is an AMQP sequence that is null"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @SuppressWarnings({"unchecked", "rawtypes"})
    void whatIsAtFaultBesidesTheBodyIsDroppedAndTheRestStays(Consumer<Message> fault) {
        Message message = message(new Data(new Binary("{}".getBytes())));
        fault.accept(message);
        assertThatThrownBy(() -> sdk.deserialize(message, ServiceBusReceivedMessage.class)).as("the SDK")
            .isInstanceOfAny(NullPointerException.class, ClassCastException.class);

        ServiceBusReceivedMessage decoded = guarded.deserialize(message, ServiceBusReceivedMessage.class);

        assertThat(GuardedSerializer.fault(decoded)).isEmpty();
        assertThat(decoded.getBody()).hasToString("{}");
        assertThat(decoded.getSequenceNumber()).isEqualTo(7);
        assertThat(decoded.getMessageId()).isEqualTo("id-1");
        assertThat(KEPT).containsAllEntriesOf(decoded.getApplicationProperties());
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    static Stream<Arguments> whatIsAtFaultBesidesTheBodyIsDroppedAndTheRestStays() {
        return Stream.of(
            change("no header", message -> message.setHeader(null)),
            change("an application property that is not of its type",
                message -> message.getApplicationProperties().getValue().put("after", new NoDuration())),
            change("application properties that are null", message -> message.setApplicationProperties(new ApplicationProperties(null))),
            change("a message annotation without a name",
                message -> ((Map) message.getMessageAnnotations().getValue()).put(UnsignedLong.valueOf(1), "x")),
            change("a delivery annotation without a name",
                message -> message.setDeliveryAnnotations(new DeliveryAnnotations((Map) Map.of(UnsignedLong.valueOf(1), "x")))),
            change("a footer without a name", message -> message.setFooter(new Footer((Map) Map.of(UnsignedLong.valueOf(1), "x")))));
    }

    private static Arguments change(String name, Consumer<Message> change) {
        return arguments(named(name, change));
    }

    @Test
    void whateverElseCannotBeDecodedIsAFault() {
        Message message = message(new Data(new Binary("{}".getBytes())));
        MessageSerializer later = mock();
        when(later.deserialize(any(), any())).thenAnswer(call -> {
            if (call.getArgument(0, Message.class).getProperties() != null) {
                throw new IllegalArgumentException("no such property");
            }
            return sdk.deserialize(call.getArgument(0), call.getArgument(1));
        });

        ServiceBusReceivedMessage decoded = new GuardedSerializer(later).deserialize(message, ServiceBusReceivedMessage.class);

        assertThat(GuardedSerializer.fault(decoded)).contains("cannot be decoded: java.lang.IllegalArgumentException: no such property");
        assertThat(decoded.getSequenceNumber()).isEqualTo(7);
    }

    @Test
    void amongThoseThatArePeekedAreThoseThatCannotBeDecoded() {
        Message answer = peeked(message(new Data(new Binary("{}".getBytes()))), message(new AmqpValue(null)), message(new AmqpValue("text")));
        assertThatThrownBy(() -> sdk.deserializeList(answer, ServiceBusReceivedMessage.class)).as("the SDK").isInstanceOf(NullPointerException.class);

        List<ServiceBusReceivedMessage> decoded = guarded.deserializeList(answer, ServiceBusReceivedMessage.class);

        assertThat(decoded).hasSize(3).allSatisfy(message -> assertThat(message.getSequenceNumber()).isEqualTo(7));
        assertThat(decoded).extracting(message -> GuardedSerializer.fault(message).isPresent()).containsExactly(false, true, false);
    }

    @Test
    void whatIsNoMessageFailsAsItDid() {
        assertThatThrownBy(() -> guarded.deserialize(message(null), String.class)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> guarded.deserializeList(message(null), String.class)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anSdkThatKeepsItsDecoderElsewhereIsRefused() {
        assertThatThrownBy(() -> GuardedSerializer.install(new Object())).isInstanceOf(IllegalStateException.class).hasMessage(
            "The worker does not work with this version of azure-messaging-servicebus: a message that the SDK cannot decode would stop its "
                + "receiver, as java.lang.Object has no field messageSerializer for its decoder");
    }

    private static MessageSerializer decoderOf(ServiceBusClientBuilder builder) {
        return (MessageSerializer) ReflectionTestUtils.getField(builder, "messageSerializer");
    }

    private static Message message(Section body) {
        Message message = Message.Factory.create();
        message.setHeader(new Header());
        message.setMessageId("id-1");
        message.setMessageAnnotations(new MessageAnnotations(new HashMap<>(Map.of(Symbol.valueOf("x-opt-sequence-number"), 7L))));
        message.setApplicationProperties(new ApplicationProperties(new HashMap<>(KEPT)));
        message.setBody(body);
        return message;
    }

    private static Message peeked(Message... messages) {
        Message answer = Message.Factory.create();
        answer.setApplicationProperties(new ApplicationProperties(Map.of("statusCode", 200)));
        answer.setBody(new AmqpValue(Map.of("messages", Stream.of(messages).map(message -> {
            byte[] buffer = new byte[1_000];
            return Map.of("message", new Binary(buffer, 0, message.encode(buffer, 0, buffer.length)));
        }).toList())));
        return answer;
    }
}
