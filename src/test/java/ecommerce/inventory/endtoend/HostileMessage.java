package ecommerce.inventory.endtoend;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;

import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.core.amqp.models.AmqpMessageBodyType;
import com.azure.messaging.servicebus.ServiceBusMessage;
import org.apache.qpid.proton.amqp.Binary;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.util.StringUtils;

/**
 * A valid message that was changed at random: in its structure, bytes, AMQP section or properties, in all of them or in none. The same seed
 * and index always make the same message.
 *
 * @param index   its number, and its application property {@code case}
 * @param type    of the valid message, which decides the topic or queue
 * @param named   whether Subject or MessageType still name the type
 * @param intact  whether it is still valid and must be handled
 * @param body    the sent bytes; empty for an AMQP value that does not contain bytes
 * @param message to send
 */
record HostileMessage(int index, String type, boolean named, boolean intact, byte[] body, ServiceBusMessage message) {

    /** In each value of an application property, and nowhere else. */
    static final String CANARY = "canary-of-a-sender";
    static final List<String> TYPES = List.of("OrderCreated", "OrderCancelled", "PaymentProcessed", "PaymentFailed", "RestockInventory",
        "AdjustInventory");

    /** The id of senders that set none. */
    static final String NIL = "00000000-0000-0000-0000-000000000000";
    private static final String REUSED = "reused-";
    /** A correlation id that is refused. */
    private static final String TOO_LONG = "x".repeat(2_000);
    private static final int KILOBYTE = 1 << 10;
    private static final int MAX_SIZE = 900 * KILOBYTE;
    private static final String[] VALUES = {"null", "true", "0", "-0", "-1", "1", "1.5", "2.0", "1e0", "1E2", "2147483647", "2147483648",
        "-2147483647", "-2147483648", "9223372036854775808", "1e80", "1e999999999", "1e-999999999", "1e99999999999", "9".repeat(90),
        "9".repeat(10_000), "NaN", "-Infinity", "01", ".5", "1.", "+1", "0x10", "''", "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u202e\\u0007\\r\\nWARN forged\"", "\"a\nb\"", "\"\\x41\"",
        "\"' OR 1=1; DROP TABLE inbox; --\"", "\":#messageId ${body} :?x # {{x}}\"", "\"" + "x".repeat(128) + "\"",
        "\"" + "x".repeat(129) + "\"", "\"" + "😀".repeat(128) + "\"", "\"open", "/**/1", "[]", "{}", "[null]", "[[[]]]",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"A\":2}", "{\"\":{\"\\u0000\":1}}", "[".repeat(40) + "]".repeat(40), "[".repeat(90) + "]".repeat(90),
        "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000), "[".repeat(30_000), "\"Captured\"", "\"captured\"", "\"bin-1\"", "\"prod-1\"",
        "4711", "\" prod-1\"", "\"prod-1\\u00a0\"", "\"\\u200bprod-1\"", "\"\\ufeffprod-1\""};
    private static final String[] FIELDS = {"", " ", "a.b", "$.orderId", "__proto__", "@type", "\\u006frderId", "\\u0000", "\\ud800",
        "OrderId", "ORDERID", "Items", "ProductId", "quantity", "messageId", "messageBody", "reservationTtl"};
    private static final String[] PROPERTIES = {"CamelSqlQuery", "CamelSqlParameters", "camelsqlquery", "CamelHttpUri", "CamelFileName",
        "CamelBeanMethodName", "CamelSchemaValidatorUri", "CamelToEndpoint", "CamelRedeliveryCounter", "CamelAzureServiceBusMessageId",
        "CamelAzureServiceBusSubject", "CamelJsonPathExpression", "messageId", "messageBody", "message", "messageType", "orderId", "orders",
        "reservationTtl", "shortLines", "correlationId", "traceparent", "Diagnostic-Id", "breadcrumbId", "Content-Type", "x\r\ny",
        "'; DROP TABLE inbox; --", ":#messageId", "${header.x}", "\0"};
    private static final Object[] PROPERTY_VALUES = {CANARY, "DELETE FROM inventory; -- " + CANARY, "'" + CANARY + "'::uuid",
        "${bean:inbox?method=clear} " + CANARY, "classpath:routes/operator/rebuild-summary.sql?x=" + CANARY, "{{" + CANARY + "}}", CANARY + "\0\r\n",
        CANARY.repeat(100), "00-4bf92f3577b34da6a3ce929d0e0e4736-" + CANARY};
    private static final String[] UNKNOWN_TYPES = {"OrderExploded", "ordercreated", "../OrderCreated", "OrderCreated?x=y", "OrderCreated\0",
        "#bean:inbox", "${body}", "Order Created", "in/OrderCreated", "OrderCreated.", "OrderCreated+", "Ｏrder", "x".repeat(300)};

    /** An object under construction, in which a field may occur twice. Lists stand for arrays, strings for JSON literals. */
    private record Members(List<Map.Entry<String, Object>> fields) {
    }

    static HostileMessage draw(long seed, int index) {
        Random random = new Random(seed * 1_000_003 + index);
        // The first numbers of consecutive seeds are similar.
        random.nextLong();
        String type = TYPES.get(random.nextInt(TYPES.size()));
        Members tree = valid(type, random);
        boolean pristine = random.nextInt(4) == 0;
        for (int i = pristine ? 0 : random.nextInt(3); i > 0; i--) {
            mutate(tree, random);
        }
        byte[] body = write(tree).getBytes(StandardCharsets.UTF_8);
        if (!pristine && random.nextInt(3) == 0) {
            body = mutate(body, random);
        }
        // A batch of the broker takes no more.
        body = body.length <= MAX_SIZE ? body : Arrays.copyOf(body, MAX_SIZE);
        AmqpMessageBody section = section(body, pristine, random);
        ServiceBusMessage message = new ServiceBusMessage(section);
        boolean named = name(message, type, random);
        decorate(message, index, random);
        boolean intact = pristine && named && !TOO_LONG.equals(message.getCorrelationId());
        return new HostileMessage(index, type, named, intact, isOfBytes(section) ? body : new byte[0], message);
    }

    /** Whether other messages with other content have the same MessageId. */
    boolean hasReusedId() {
        return message.getMessageId().startsWith(REUSED);
    }

    /** Whether no other message has its MessageId. */
    boolean hasIdOfItsOwn() {
        return !hasReusedId() && !NIL.equals(message.getMessageId());
    }

    private static AmqpMessageBody section(byte[] body, boolean pristine, Random random) {
        return switch (random.nextInt(20)) {
            case 0, 1 -> AmqpMessageBody.fromValue(new Binary(body));
            case 2 -> isText(body) ? AmqpMessageBody.fromValue(new String(body, StandardCharsets.UTF_8)) : AmqpMessageBody.fromData(body);
            case 3 -> pristine ? AmqpMessageBody.fromData(body) : isNull();
            case 4 -> pristine ? AmqpMessageBody.fromData(body) : AmqpMessageBody.fromValue(Map.of("orderId", CANARY));
            default -> AmqpMessageBody.fromData(body);
        };
    }

    private static boolean isOfBytes(AmqpMessageBody section) {
        return section.getBodyType() == AmqpMessageBodyType.DATA || section.getValue() instanceof Binary || section.getValue() instanceof String;
    }

    private static boolean isText(byte[] body) {
        return Arrays.equals(new String(body, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8), body);
    }

    /** A body that is null, which other AMQP clients send. The SDK offers no way to make it. */
    private static AmqpMessageBody isNull() {
        AmqpMessageBody section = AmqpMessageBody.fromValue("");
        ReflectionTestUtils.setField(section, "value", null);
        return section;
    }

    private static Members valid(String type, Random random) {
        String orderId = random.nextInt(10) == 0 ? String.valueOf(random.nextLong()) : quoted(new UUID(random.nextLong(), random.nextLong()).toString());
        Supplier<String> quantity = () -> String.valueOf(1 + random.nextInt(9));
        return switch (type) {
            case "OrderCreated" -> {
                List<Object> items = new ArrayList<>();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    items.add(members("productId", quoted((random.nextInt(8) == 0 ? "unknown-" : "prod-") + random.nextInt(5)),
                        "quantity", quantity.get(), "unitPrice", "19.99"));
                }
                yield members("orderId", orderId, "customerId", quoted("cust-1"), "items", items,
                    "shippingAddress", members("street", quoted("123 Main St"), "zipCode", quoted("62701")), "totalAmount", "39.98");
            }
            case "OrderCancelled" -> members("orderId", orderId, "reason", quoted("changed my mind"), "cancelledAt", "null");
            case "PaymentProcessed" -> members("orderId", orderId, "paymentId", quoted("pay-1"), "amount", "39.98", "status",
                quoted(mixedCase(List.of("Authorized", "Captured", "Failed", "Refunded").get(random.nextInt(4)), random)));
            case "PaymentFailed" -> members("orderId", orderId, "reason", quoted("no money"), "errorCode", quoted("51"));
            case "RestockInventory" -> members("productId", quoted("bin-" + random.nextInt(5)), "quantityToAdd", quantity.get());
            default -> members("productId", quoted("bin-" + random.nextInt(6)), "quantityChange", quantity.get(), "reason", quoted("count"));
        };
    }

    private static String mixedCase(String word, Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> word.toLowerCase(Locale.ROOT);
            case 1 -> word.toUpperCase(Locale.ROOT);
            default -> word;
        };
    }

    private static Members members(Object... namesAndValues) {
        List<Map.Entry<String, Object>> fields = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(Map.entry((String) namesAndValues[i], namesAndValues[i + 1]));
        }
        return new Members(fields);
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    @SuppressWarnings("unchecked")
    private static void mutate(Object node, Random random) {
        if (!(node instanceof Members members)) {
            mutateList((List<Object>) node, random);
            return;
        }
        List<Map.Entry<String, Object>> fields = members.fields();
        if (fields.isEmpty()) {
            return;
        }
        int at = random.nextInt(fields.size());
        Map.Entry<String, Object> field = fields.get(at);
        if (!(field.getValue() instanceof String) && random.nextBoolean()) {
            mutate(field.getValue(), random);
            return;
        }
        switch (random.nextInt(8)) {
            case 0 -> fields.remove(at);
            case 1 -> fields.add(field);
            case 2 -> fields.set(at, Map.entry(StringUtils.capitalize(field.getKey()), field.getValue()));
            case 3 -> fields.add(random.nextInt(fields.size() + 1), Map.entry(pick(FIELDS, random), pick(VALUES, random)));
            case 4 -> fields.add(Map.entry("padding", quoted("x".repeat(random.nextInt(10) > 0 ? KILOBYTE : (200 + random.nextInt(400)) * KILOBYTE))));
            case 5 -> fields.set(at, Map.entry(pick(FIELDS, random), field.getValue()));
            default -> fields.set(at, Map.entry(field.getKey(), pick(VALUES, random)));
        }
    }

    private static void mutateList(List<Object> items, Random random) {
        switch (random.nextInt(6)) {
            case 0 -> items.clear();
            case 1 -> items.add(pick(VALUES, random));
            case 2 -> {
                Object item = items.isEmpty() ? "null" : items.get(0);
                items.addAll(Collections.nCopies(List.of(1, 50, 50, 50, 9_000, 10_001).get(random.nextInt(6)), item));
            }
            default -> {
                if (!items.isEmpty() && items.get(random.nextInt(items.size())) instanceof Members item) {
                    mutate(item, random);
                }
            }
        }
    }

    private static byte[] mutate(byte[] body, Random random) {
        byte[] answer = body.clone();
        for (int i = 1 + random.nextInt(3); i > 0 && answer.length > 0; i--) {
            int at = random.nextInt(answer.length);
            switch (random.nextInt(7)) {
                case 0 -> answer = Arrays.copyOf(answer, at);
                case 1 -> answer[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> answer[at] = (byte) random.nextInt(256);
                case 3 -> answer = splice(answer, at, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0xBD, (byte) 0xED, (byte) 0xB8, (byte) 0x80});
                case 4 -> answer = splice(answer, at, new byte[] {(byte) 0xC1, (byte) 0x81});
                case 5 -> answer = splice(answer, at, pick(VALUES, random).getBytes(StandardCharsets.UTF_8));
                default -> answer = splice(answer, at, Arrays.copyOfRange(answer, at, Math.min(answer.length, at + 20)));
            }
        }
        return answer;
    }

    private static byte[] splice(byte[] body, int at, byte[] inserted) {
        byte[] answer = Arrays.copyOf(body, body.length + inserted.length);
        System.arraycopy(inserted, 0, answer, at, inserted.length);
        System.arraycopy(body, at, answer, at + inserted.length, body.length - at);
        return answer;
    }

    private static boolean name(ServiceBusMessage message, String type, Random random) {
        switch (random.nextInt(20)) {
            case 0 -> message.setSubject(pick(UNKNOWN_TYPES, random));
            case 1 -> message.getApplicationProperties().put("MessageType", pick(UNKNOWN_TYPES, random));
            case 2 -> message.setSubject(" ").getApplicationProperties().put("MessageType", 17);
            case 3 -> message.setSubject(" ").getApplicationProperties().put("MessageType", type);
            case 4 -> message.setSubject("Shop.Events+" + type + ", Shop, Version=1.0");
            case 5 -> message.setSubject(type).getApplicationProperties().put("MessageType", pick(UNKNOWN_TYPES, random));
            default -> message.setSubject(type);
        }
        String subject = message.getSubject();
        return subject != null && subject.contains(type) && !Arrays.asList(UNKNOWN_TYPES).contains(subject)
            || type.equals(message.getApplicationProperties().get("MessageType"));
    }

    private static void decorate(ServiceBusMessage message, int index, Random random) {
        message.setMessageId(switch (random.nextInt(8)) {
            case 0, 1 -> "'; DROP TABLE inbox; -- " + index;
            case 2, 3 -> "\0\r\nERROR forged \u001b[31m" + index;
            case 4 -> NIL;
            case 5 -> REUSED + random.nextInt(50);
            default -> new UUID(random.nextLong(), random.nextLong()).toString();
        });
        if (random.nextInt(4) == 0) {
            message.setCorrelationId(random.nextBoolean() ? "\0'; DROP TABLE outbox; --" : TOO_LONG);
            // The SDK sizes its buffer by the application properties, and forgets the correlation id.
            message.getApplicationProperties().put("padding", CANARY.repeat(300));
            message.setContentType("text/${body}");
            message.setReplyTo("direct:rebuild-summary");
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            message.getApplicationProperties().put(pick(PROPERTIES, random), PROPERTY_VALUES[random.nextInt(PROPERTY_VALUES.length)]);
        }
        message.getApplicationProperties().put("case", index);
    }

    private static String pick(String[] from, Random random) {
        return from[random.nextInt(from.length)];
    }

    private static String write(Object node) {
        StringBuilder json = new StringBuilder();
        write(node, json);
        return json.toString();
    }

    private static void write(Object node, StringBuilder json) {
        if (node instanceof Members members) {
            String separator = "{";
            for (Map.Entry<String, Object> field : members.fields()) {
                json.append(separator).append('"').append(field.getKey()).append("\":");
                write(field.getValue(), json);
                separator = ",";
            }
            json.append(members.fields().isEmpty() ? "{}" : "}");
        } else if (node instanceof List<?> list) {
            json.append('[');
            for (int i = 0; i < list.size(); i++) {
                json.append(i == 0 ? "" : ",");
                write(list.get(i), json);
            }
            json.append(']');
        } else {
            json.append(node);
        }
    }
}
