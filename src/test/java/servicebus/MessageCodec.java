package servicebus;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.ProtonBufferAllocator;
import org.apache.qpid.protonj2.buffer.impl.ProtonByteArrayBufferAllocator;
import org.apache.qpid.protonj2.codec.CodecFactory;
import org.apache.qpid.protonj2.codec.Decoder;
import org.apache.qpid.protonj2.codec.DecoderState;
import org.apache.qpid.protonj2.codec.Encoder;
import org.apache.qpid.protonj2.codec.EncoderState;
import org.apache.qpid.protonj2.codec.TypeDecoder;
import org.apache.qpid.protonj2.codec.decoders.primitives.MapTypeDecoder;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.ApplicationProperties;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.DeliveryAnnotations;
import org.apache.qpid.protonj2.types.messaging.Header;
import org.apache.qpid.protonj2.types.messaging.MessageAnnotations;
import org.apache.qpid.protonj2.types.messaging.Properties;

/**
 * Decodes messages and encodes them again. Property and body sections stay unchanged.
 * An instance belongs to one thread.
 */
final class MessageCodec {

    /** The message format of a batch: every data section holds one encoded message. */
    static final int BATCH_FORMAT = 0x80013700;

    private static final byte[] NONE = {};
    private static final Symbol SEQUENCE_NUMBER = Symbol.valueOf("x-opt-sequence-number");
    private static final Symbol ENQUEUED_SEQUENCE_NUMBER = Symbol.valueOf("x-opt-enqueue-sequence-number");
    private static final Symbol ENQUEUED_TIME = Symbol.valueOf("x-opt-enqueued-time");
    private static final Symbol LOCKED_UNTIL = Symbol.valueOf("x-opt-locked-until");
    private static final Symbol MESSAGE_STATE = Symbol.valueOf("x-opt-message-state");
    private static final Symbol DEAD_LETTER_SOURCE = Symbol.valueOf("x-opt-deadletter-source");
    private static final Set<Symbol> BROKER_ANNOTATIONS = Set.of(SEQUENCE_NUMBER, ENQUEUED_SEQUENCE_NUMBER,
            ENQUEUED_TIME, LOCKED_UNTIL, MESSAGE_STATE, DEAD_LETTER_SOURCE);
    private static final String SCHEDULED_ENQUEUE_TIME = "x-opt-scheduled-enqueue-time";
    private static final long MAX_UINT = 0xFFFFFFFFL;
    private static final byte NULL = 0x40;
    private static final byte TRUE = 0x41;
    private static final byte FALSE = 0x42;
    private static final byte UBYTE = 0x50;
    private static final byte SMALL_ULONG = 0x53;
    private static final byte UINT = 0x70;
    private static final byte TIMESTAMP = (byte) 0x83;
    private static final byte LIST8 = (byte) 0xC0;
    private static final byte MAP32 = (byte) 0xD1;
    private static final byte ARRAY32 = (byte) 0xF0;

    private final Decoder decoder = CodecFactory.getDefaultDecoder();
    private final DecoderState decoding = decoder.newDecoderState();
    private final Encoder encoder = CodecFactory.getDefaultEncoder();
    private final EncoderState encoding = encoder.newEncoderState();

    /** An array of timestamps, which protonj2 would encode as an array of longs. */
    record Timestamps(long[] epochMillis) {
    }

    /** An entry of a map with string or symbol keys: decoded, and key and value as they came. */
    private record Entry(String key, Object value, byte[] encoded) {
    }

    private interface Visitor {
        /** Reads or skips one section; {@code start} is where its descriptor begins. */
        void section(TypeDecoder<?> type, ProtonBuffer in, int start);
    }

    /**
     * The messages of one transfer: one, or those of a batch.
     *
     * @throws RefusedException when the bytes are not AMQP messages
     */
    List<MessageContent> decode(byte[] encoded, int messageFormat) {
        if (messageFormat != BATCH_FORMAT) {
            return List.of(decode(encoded));
        }
        List<MessageContent> messages = new ArrayList<>();
        visit(encoded, (type, in, start) -> {
            if (type.getTypeClass() == Data.class) {
                messages.add(decode(((Data) type.readValue(in, decoding)).getValue()));
            } else {
                type.skipValue(in, decoding);
            }
        });
        return messages;
    }

    /** One message that is not a batch. */
    MessageContent decode(byte[] encoded) {
        var parts = new Object() {
            Header header = new Header();
            List<Entry> annotations = List.of();
            Properties properties = new Properties();
            byte[] encodedProperties = NONE;
            List<Entry> applicationProperties = List.of();
            byte[] encodedApplicationProperties = NONE;
            int bodyStart = encoded.length;
        };
        visit(encoded, (type, in, start) -> {
            Class<?> section = type.getTypeClass();
            if (section == Header.class) {
                parts.header = (Header) type.readValue(in, decoding);
            } else if (section == MessageAnnotations.class) {
                parts.annotations = readMap(in, encoded);
            } else if (section == Properties.class) {
                parts.properties = (Properties) type.readValue(in, decoding);
                parts.encodedProperties = Arrays.copyOfRange(encoded, start, in.getReadOffset());
            } else if (section == ApplicationProperties.class) {
                parts.applicationProperties = readMap(in, encoded);
                parts.encodedApplicationProperties = Arrays.copyOfRange(encoded, start, in.getReadOffset());
            } else {
                type.skipValue(in, decoding);
                if (section != DeliveryAnnotations.class) {
                    parts.bodyStart = Math.min(parts.bodyStart, start);
                }
            }
        });
        if (parts.properties.getMessageId() == null) {
            // Receivers may rely on an id: the JavaScript SDK fails without one.
            parts.properties.setMessageId(UUID.randomUUID().toString().replace("-", ""));
            ProtonBuffer out = ProtonBufferAllocator.defaultAllocator().allocate(256);
            encoder.writeObject(out, encoding, parts.properties);
            parts.encodedProperties = bytes(out);
        }
        ByteArrayOutputStream annotations = new ByteArrayOutputStream();
        int annotationCount = 0;
        long scheduledEnqueueTime = 0;
        Map<String, Object> applicationProperties = new LinkedHashMap<>();
        for (Entry entry : parts.annotations) {
            if (!BROKER_ANNOTATIONS.contains(Symbol.valueOf(entry.key()))) {
                annotations.writeBytes(entry.encoded());
                annotationCount++;
            }
            if (entry.key().equals(SCHEDULED_ENQUEUE_TIME) && entry.value() instanceof Date date) {
                scheduledEnqueueTime = date.getTime();
            }
        }
        parts.applicationProperties.forEach(entry -> applicationProperties.put(entry.key(), entry.value()));
        return new MessageContent(parts.header.isDurable(), parts.header.getPriority(),
                parts.header.hasTimeToLive() ? parts.header.getTimeToLive() : MessageContent.UNLIMITED,
                scheduledEnqueueTime, annotationCount, annotations.toByteArray(), parts.properties,
                parts.encodedProperties, applicationProperties, parts.encodedApplicationProperties,
                Arrays.copyOfRange(encoded, parts.bodyStart, encoded.length));
    }

    /** Reads timestamps as dates: protonj2 reads them as longs, which could not be distinguished from other longs. */
    private List<Entry> readMap(ProtonBuffer in, byte[] source) {
        List<Entry> entries = new ArrayList<>();
        if (decoder.readNextTypeDecoder(in, decoding) instanceof MapTypeDecoder type) {
            type.readSize(in, decoding);
            for (int count = type.readCount(in, decoding); count > 1; count -= 2) {
                int start = in.getReadOffset();
                String key = decoder.readObject(in, decoding).toString();
                boolean timestamp = in.peekByte() == TIMESTAMP;
                Object value = decoder.readObject(in, decoding);
                entries.add(new Entry(key, timestamp ? new Date((Long) value) : value,
                        Arrays.copyOfRange(source, start, in.getReadOffset())));
            }
        }
        return entries;
    }

    private void visit(byte[] encoded, Visitor visitor) {
        ProtonBuffer in = ProtonByteArrayBufferAllocator.wrapped(encoded);
        try {
            while (in.isReadable()) {
                int start = in.getReadOffset();
                visitor.section(decoder.readNextTypeDecoder(in, decoding), in, start);
            }
        } catch (RefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new RefusedException(RefusedException.DECODE_ERROR, "Not an AMQP message: " + e.getMessage());
        }
    }

    /**
     * The content with these application properties set. The others stay unchanged, byte for byte.
     *
     * @throws RefusedException when one of the values cannot be encoded
     */
    MessageContent modify(MessageContent content, Map<String, Object> changes) {
        if (changes.isEmpty()) {
            return content;
        }
        Map<String, Object> properties = new LinkedHashMap<>(content.applicationProperties());
        properties.putAll(changes);
        byte[] section = content.encodedApplicationProperties();
        List<Entry> entries = new ArrayList<>();
        visit(section, (type, in, start) -> entries.addAll(readMap(in, section)));
        entries.removeIf(entry -> changes.containsKey(entry.key()));
        ProtonBuffer out = ProtonBufferAllocator.defaultAllocator().allocate(256 + section.length);
        section(out, 0x74);
        int start = beginMap(out);
        entries.forEach(entry -> out.writeBytes(entry.encoded()));
        try {
            changes.forEach((key, value) -> {
                encoder.writeString(out, encoding, key);
                encoder.writeObject(out, encoding, value);
            });
        } catch (RuntimeException e) {
            throw new RefusedException(RefusedException.INVALID_FIELD, "Not a property value: " + e.getMessage());
        }
        endMap(out, start, entries.size() + changes.size());
        return content.withApplicationProperties(properties, bytes(out));
    }

    /** The message as a receiver gets it. */
    byte[] encode(StoredMessage message) {
        MessageContent content = message.content;
        ProtonBuffer out = ProtonBufferAllocator.defaultAllocator().allocate(
                512 + content.annotations().length + content.encodedProperties().length
                        + content.encodedApplicationProperties().length + content.body().length);
        writeHeader(out, message);
        writeAnnotations(out, message);
        out.writeBytes(content.encodedProperties());
        out.writeBytes(content.encodedApplicationProperties());
        out.writeBytes(content.body());
        return bytes(out);
    }

    /** Own code: protonj2 omits a delivery count of 0, which clients need. */
    private static void writeHeader(ProtonBuffer out, StoredMessage message) {
        section(out, 0x70);
        boolean limited = message.timeToLive <= MAX_UINT;
        out.writeByte(LIST8).writeByte((byte) (limited ? 15 : 11)).writeByte((byte) 5);
        out.writeByte(message.content.durable() ? TRUE : FALSE);
        out.writeByte(UBYTE).writeByte(message.content.priority());
        if (limited) {
            out.writeByte(UINT).writeInt((int) message.timeToLive);
        } else {
            out.writeByte(NULL);
        }
        out.writeByte(FALSE);
        out.writeByte(UINT).writeInt(message.deliveryCount);
    }

    private void writeAnnotations(ProtonBuffer out, StoredMessage message) {
        section(out, 0x72);
        int start = beginMap(out);
        int entries = 4 + message.content.annotationCount();
        out.writeBytes(message.content.annotations());
        encoder.writeSymbol(out, encoding, SEQUENCE_NUMBER);
        encoder.writeLong(out, encoding, message.sequenceNumber);
        encoder.writeSymbol(out, encoding, ENQUEUED_SEQUENCE_NUMBER);
        encoder.writeLong(out, encoding, message.enqueuedSequenceNumber);
        encoder.writeSymbol(out, encoding, ENQUEUED_TIME);
        encoder.writeTimestamp(out, encoding, message.enqueuedTime);
        encoder.writeSymbol(out, encoding, MESSAGE_STATE);
        encoder.writeInteger(out, encoding, message.state.ordinal());
        if (message.isLocked()) {
            encoder.writeSymbol(out, encoding, LOCKED_UNTIL);
            encoder.writeTimestamp(out, encoding, message.lockedUntil);
            entries++;
        }
        if (message.deadLetterSource != null) {
            encoder.writeSymbol(out, encoding, DEAD_LETTER_SOURCE);
            encoder.writeString(out, encoding, message.deadLetterSource);
            entries++;
        }
        endMap(out, start, entries);
    }

    /** A request to {@code $cbs} or {@code $management}. */
    Request decodeRequest(byte[] encoded) {
        MessageContent content = decode(encoded);
        var body = new Object() {
            Object value;
        };
        visit(content.body(), (type, in, start) -> {
            Object section = type.readValue(in, decoding);
            body.value = section instanceof AmqpValue<?> value ? value.getValue() : body.value;
        });
        return new Request(content.properties(), content.applicationProperties(), body.value);
    }

    /** The message that answers a request. */
    byte[] encodeResponse(Object correlationId, Map<String, Object> applicationProperties, Map<String, Object> body) {
        ProtonBuffer out = ProtonBufferAllocator.defaultAllocator().allocate(512);
        encoder.writeObject(out, encoding, new Properties().setCorrelationId(correlationId));
        encoder.writeObject(out, encoding, new ApplicationProperties(applicationProperties));
        section(out, 0x77);
        int start = beginMap(out);
        body.forEach((key, value) -> {
            encoder.writeString(out, encoding, key);
            if (value instanceof Timestamps timestamps) {
                writeArray(out, timestamps.epochMillis());
            } else {
                encoder.writeObject(out, encoding, value);
            }
        });
        endMap(out, start, body.size());
        return bytes(out);
    }

    private static void writeArray(ProtonBuffer out, long[] timestamps) {
        out.writeByte(ARRAY32).writeInt(4 + 1 + 8 * timestamps.length).writeInt(timestamps.length).writeByte(TIMESTAMP);
        for (long timestamp : timestamps) {
            out.writeLong(timestamp);
        }
    }

    private static void section(ProtonBuffer out, int descriptor) {
        out.writeByte((byte) 0).writeByte(SMALL_ULONG).writeByte((byte) descriptor);
    }

    private static int beginMap(ProtonBuffer out) {
        out.writeByte(MAP32).writeInt(0).writeInt(0);
        return out.getWriteOffset();
    }

    private static void endMap(ProtonBuffer out, int start, int entries) {
        out.setInt(start - 8, out.getWriteOffset() - start + 4);
        out.setInt(start - 4, 2 * entries);
    }

    static byte[] bytes(ProtonBuffer buffer) {
        byte[] bytes = new byte[buffer.getReadableBytes()];
        buffer.readBytes(bytes, 0, bytes.length);
        return bytes;
    }

    /** The delivery tag of a lock: its 16 bytes in the order of a .NET Guid. */
    static byte[] deliveryTag(UUID lockToken) {
        long high = lockToken.getMostSignificantBits();
        return ByteBuffer.allocate(16)
                .putInt(Integer.reverseBytes((int) (high >>> 32)))
                .putShort(Short.reverseBytes((short) (high >>> 16)))
                .putShort(Short.reverseBytes((short) high))
                .putLong(lockToken.getLeastSignificantBits())
                .array();
    }

    BrowsedMessage browse(StoredMessage message) {
        Properties properties = message.content.properties();
        Map<String, Object> own = new LinkedHashMap<>(message.content.applicationProperties());
        String reason = text(own.remove(Disposition.DEAD_LETTER_REASON));
        String description = text(own.remove(Disposition.DEAD_LETTER_DESCRIPTION));
        return new BrowsedMessage(message.content.messageId(), properties.getSubject(),
                text(properties.getCorrelationId()), properties.getContentType(), own, body(message.content),
                message.sequenceNumber, Instant.ofEpochMilli(message.enqueuedTime), message.deliveryCount,
                message.state, reason, description);
    }

    private byte[] body(MessageContent content) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        visit(content.body(), (type, in, start) -> {
            Object section = type.readValue(in, decoding);
            if (section instanceof Data data && data.getValue() != null) {
                body.writeBytes(data.getValue());
            } else if (section instanceof AmqpValue<?> value) {
                body.writeBytes(value.getValue() instanceof Binary binary ? binary.asByteArray()
                        : String.valueOf(value.getValue()).getBytes(StandardCharsets.UTF_8));
            }
        });
        return body.toByteArray();
    }

    private static String text(Object value) {
        return value == null ? null : value.toString();
    }
}
