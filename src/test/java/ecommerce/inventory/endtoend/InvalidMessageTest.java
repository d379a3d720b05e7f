package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.Defaults;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.context.TestPropertySource;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/**
 * Unusual messages are dead-lettered at once with a description that an operator understands, or handled if they have only one possible
 * meaning. The orders behind them are handled.
 */
// Short locks, for the test of the lost acknowledgement.
@WorkerTest
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "test.lock-duration=PT5S")
class InvalidMessageTest {

    private static final int MEGABYTE = 1 << 20;
    private static final String NO_BLANK = "must not be empty, nor begin or end with a blank or an invisible character";
    private static final String TWO_UNITS = "[{\"productId\":\"prod-456\",\"quantity\":2}]";

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private DataSource database;

    @BeforeEach
    void someStock() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("prod-456", 20_000);
    }

    @Test
    void anErrorOfTheDatabaseDoesNotQuoteTheRowWhichMayHoldAnAddress() throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("INSERT INTO outbox (message_id, message_type, message_body, partition_key, retry_count) "
                + "VALUES (gen_random_uuid(), 'type', '{\"street\": \"123 Main St\"}', 'key', -1)"))
                .hasMessageContaining("outbox_retry_count_check").hasMessageNotContaining("Main St");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void aBodyThatIsNoJsonObjectIsDeadLettered(ServiceBusMessage message, String description) {
        assertDeadLettered(message, "MalformedBody", description);
    }

    static Stream<Arguments> aBodyThatIsNoJsonObjectIsDeadLettered() {
        byte[] garbage = new byte[MEGABYTE];
        new Random(7).nextBytes(garbage);
        return Stream.of(
            arguments(named("empty", orderCreated("")), "body: is empty; a JSON object was expected"),
            arguments(named("text", orderCreated("hello")), "body: is not JSON at line 1, column 1: Unrecognized token"),
            arguments(named("XML", orderCreated("<order/>")), "body: is not JSON at line 1, column 1: Unexpected character"),
            arguments(named("1 MB of random bytes", ShopDriver.orderCreated(garbage)), "body: is not UTF-8"),
            arguments(named("1 MB of a string that does not end", orderCreated("{\"orderId\":\"" + "x".repeat(MEGABYTE))),
                "body: is not JSON at line 1, column 1048589: Unexpected end-of-input"),
            arguments(named("an array", orderCreated("[" + json("order-1", TWO_UNITS) + "]")),
                "body: is ARRAY; a JSON object was expected"),
            arguments(named("a string", orderCreated("\"order-1\"")), "body: is STRING; a JSON object was expected"),
            arguments(named("null", orderCreated("null")), "body: is NULL; a JSON object was expected"),
            arguments(named("cut off", orderCreated("{\"orderId\":\"order-1\"")),
                "body: is not JSON at line 1, column 21: Unexpected end-of-input"),
            arguments(named("two objects", orderCreated(json("order-1", TWO_UNITS) + "{}")),
                "body: is not JSON at line 1, column 70: Trailing token"),
            arguments(named("a field twice", orderCreated("{\"orderId\":\"order-1\",\"orderId\":\"order-2\",\"items\":" + TWO_UNITS + "}")),
                "body: is not JSON at line 1, column 31: Duplicate field 'orderId'"),
            arguments(named("a field in both cases",
                orderCreated("{\"orderId\":\"order-1\",\"OrderId\":\"order-2\",\"items\":" + TWO_UNITS + "}")),
                "orderId: is there twice"),
            arguments(named("U+0000 in the order id", orderCreated(json("order\\u0000-1", TWO_UNITS))),
                "orderId: has a character that is not text"),
            arguments(named("half a surrogate pair in a product id",
                orderCreated(json("order-1", "[{\"productId\":\"\\ud800\",\"quantity\":2}]"))),
                "items[0].productId: has a character that is not text"),
            arguments(named("U+0000 in a field name", orderCreated("{\"\\u0000\":1}")), "body: has a character that is not text"),
            arguments(named("nested 100,000 deep", orderCreated("{\"note\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}")),
                "body: is not JSON: Document nesting depth (65) exceeds the maximum allowed (64)"),
            arguments(named("of 250,000 values", orderCreated("{\"note\":[" + "1,".repeat(249_999) + "1]}")),
                "body: is not JSON: Token count (250001) exceeds the maximum allowed (250000)"),
            arguments(named("a price of 1e999999999", price("1e999999999")), "items[0].unitPrice: is 1E+999999999, a number out of range"),
            arguments(named("a price of 1e99999999999", price("1e99999999999")),
                "body: has a number out of range"),
            arguments(named("a price of 1e-999999999", price("1e-999999999")),
                "items[0].unitPrice: is 1E-999999999, a number out of range"),
            arguments(named("a price of 1,000 digits", price("9".repeat(1_000))),
                "body: is not JSON: Number value length (1000) exceeds the maximum allowed (100)"),
            arguments(named("more than 2 MiB", ShopDriver.orderCreated(new byte[2 * MEGABYTE + 1])), "body: has 2097153 bytes, more than 2097152"),
            arguments(named("an AMQP value of more than 2 MiB", orderCreated(AmqpMessageBody.fromValue("é".repeat(MEGABYTE + 1)))),
                "body: has 2097154 bytes, more than 2097152"));
    }

    @ParameterizedTest
    @MethodSource
    void whatIsNoJsonIsToldByPlaceAndKindAndNotByWhatWasSent(String body, String description, CapturedOutput output) {
        assertDeadLettered(orderCreated(body), "MalformedBody", description);

        assertThat(shop.deadLetters()).extracting(BrowsedMessage::deadLetterErrorDescription).containsExactly(description);
        assertThat(output.getAll()).contains(description).doesNotContain("Main", "471147114711");
    }

    static Stream<Arguments> whatIsNoJsonIsToldByPlaceAndKindAndNotByWhatWasSent() {
        String json = "body: is not JSON at line 1, column ";
        return Stream.of(
            arguments("{\"street\": Main 12}", json + "12: Unrecognized token"),
            arguments("{\"street\": \"12\" Main}", json + "17: Unexpected character"),
            arguments("{Main: 1}", json + "2: Unexpected character"),
            arguments("{\"street\": \"\\Main\"}", json + "14: Unrecognized character escape"),
            arguments("{\"street\": \"Main", json + "17: Unexpected end-of-input"),
            arguments("{\"zipCode\": 471147114711e}", json + "25: Unexpected character"),
            arguments("{\"zipCode\": 0471147114711}", json + "14: Invalid numeric value"),
            arguments("{\"zipCode\": 471147114711e4711471147}", "body: has a number out of range"),
            arguments("{\"12 Main St\": 1, \"12 Main St\": 2}", json + "31: Duplicate field"),
            arguments("{\"street\": 1, \"street\": 2}", json + "23: Duplicate field 'street'"),
            arguments("{\"Main St\": 1, \"main St\": 2}", "body: is there twice"),
            arguments("{\"12 Main St\": \"\\u0000\"}", "body: has a character that is not text (U+0000 or half of a surrogate pair)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void anOrderThatBreaksItsSchemaIsDeadLettered(String name, String body, String description) {
        assertDeadLettered(orderCreated(body), "SchemaViolation", description);
    }

    static Stream<Arguments> anOrderThatBreaksItsSchemaIsDeadLettered() {
        return Stream.of(
            arguments("no order id", "{\"items\":" + TWO_UNITS + "}", "body: required property 'orderId' not found"),
            arguments("order id null", "{\"orderId\":null,\"items\":" + TWO_UNITS + "}",
                "orderId: null found, string expected, but is null"),
            arguments("order id blank", json(" ", TWO_UNITS), "orderId: " + NO_BLANK + ", but is \" \""),
            arguments("order id empty", json("", TWO_UNITS), "orderId: " + NO_BLANK + ", but is \"\""),
            arguments("order id with a blank before it", json(" order-1", TWO_UNITS), "orderId: " + NO_BLANK + ", but is \" order-1\""),
            arguments("order id with a line break after it", json("order-1\\n", TWO_UNITS), "orderId: " + NO_BLANK + ", but is \"order-1\\n\""),
            arguments("order id with a no-break space", json("order-1\u00a0", TWO_UNITS), "orderId: " + NO_BLANK + ", but is \"order-1\u00a0\""),
            arguments("order id with a zero-width space", json("\u200border-1", TWO_UNITS), "orderId: " + NO_BLANK + ", but is "),
            arguments("order id with a byte order mark", json("\ufefforder-1", TWO_UNITS), "orderId: " + NO_BLANK + ", but is "),
            arguments("product id with a blank after it", json("order-1", TWO_UNITS.replace("456", "456 ")),
                "items[0].productId: " + NO_BLANK + ", but is \"prod-456 \""),
            arguments("order id of 129 characters", json("o".repeat(129), TWO_UNITS),
                "orderId: must be at most 128 characters long, but is \"" + "o".repeat(63) + "…"),
            arguments("order id a fraction", "{\"orderId\":1.5,\"items\":" + TWO_UNITS + "}",
                "orderId: number found, string expected, but is 1.5"),
            arguments("order id with an exponent", "{\"orderId\":1e3,\"items\":" + TWO_UNITS + "}", "orderId: "),
            arguments("order id true", "{\"orderId\":true,\"items\":" + TWO_UNITS + "}", "orderId: boolean found, string expected, but is true"),
            arguments("no items", "{\"orderId\":\"order-1\"}", "body: required property 'items' not found"),
            arguments("items empty", json("order-1", "[]"), "items: must have at least 1 items but found 0"),
            arguments("items an object", json("order-1", "{}"), "items: object found, array expected"),
            arguments("10,001 items", json("order-1", items(10_001, i -> "prod-456")),
                "items: must have at most 10,000 items but found 10,001"),
            arguments("an item a string", json("order-1", "[\"prod-456\"]"),
                "items[0]: string found, object expected"),
            arguments("no product id", json("order-1", "[{\"quantity\":2}]"), "items[0]: required property 'productId' not found"),
            arguments("no quantity", json("order-1", "[{\"productId\":\"prod-456\"}]"), "items[0]: required property 'quantity' not found"),
            arguments("quantity in words", quantity("\"two\""), "items[0].quantity: string found, integer expected, but is \"two\""),
            arguments("quantity of many emoji", quantity("\"" + "😀".repeat(40) + "\""),
                "items[0].quantity: string found, integer expected, but is \"😀"),
            arguments("quantity negative", quantity("-1"), "items[0].quantity: must have a minimum value of 1, but is -1"),
            arguments("quantity zero", quantity("0"), "items[0].quantity: must have a minimum value of 1, but is 0"),
            arguments("quantity a fraction", quantity("1.5"), "items[0].quantity: number found, integer expected, but is 1.5"),
            arguments("quantity beyond int", quantity("2147483648"),
                "items[0].quantity: must have a maximum value of 2147483647, but is 2147483648"),
            arguments("second of two items wrong", json("order-1", TWO_UNITS.replace("]", ",{\"productId\":\"prod-456\",\"quantity\":0}]")),
                "items[1].quantity: must have a minimum value of 1, but is 0"),
            arguments("quantities of one product that add up beyond int",
                json("order-1", "[{\"productId\":\"prod-456\",\"quantity\":2147483647},{\"productId\":\"prod-456\",\"quantity\":1}]"),
                "items: the quantities of product prod-456 add up to 2147483648, more than 2147483647"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void aMessageOfNoKnownTypeIsDeadLettered(String subject, String messageType, String description) {
        ServiceBusMessage message = orderCreated(json("order-1", TWO_UNITS)).setSubject(subject);
        if (messageType != null) {
            message.getApplicationProperties().put("MessageType", messageType);
        }
        assertDeadLettered(message, "UnknownMessageType", description);
    }

    static Stream<Arguments> aMessageOfNoKnownTypeIsDeadLettered() {
        return Stream.of(
            arguments("OrderExploded", null, "Subject: the message type 'OrderExploded' is not known to this worker"),
            arguments("../OrderCreated", null, "Subject: the message type '../OrderCreated' is not known to this worker"),
            arguments("OrderCreated?x=y", null, "Subject: the message type 'OrderCreated?x=y' is not known to this worker"),
            // Only the Subject counts if there is one.
            arguments("OrderExploded", "OrderCreated", "Subject: the message type 'OrderExploded' is not known to this worker"),
            arguments(named("neither Subject nor MessageType", null), null,
                "Subject: is missing, and so is the application property MessageType"));
    }

    @Test
    void aCorrelationIdThatIsTooLongToBePassedOnIsDeadLettered() {
        assertDeadLettered(orderWithCorrelationId("c".repeat(129)), "SchemaViolation", "CorrelationId: must be at most 128 characters long, but has 129");
    }

    @Test
    void aCorrelationIdOfTooManyBytesToBePassedOnIsDeadLettered() {
        assertDeadLettered(orderWithCorrelationId("😀".repeat(65)), "SchemaViolation", "CorrelationId: must be at most 256 bytes long in UTF-8, but has 260");
    }

    @Test
    void aCorrelationIdOf128CharactersIsPassedOn() {
        // 256 bytes in UTF-8, and more than 128 units of UTF-16.
        String longest = "a".repeat(84) + "é".repeat(2) + "😀".repeat(42);
        assertReserved(orderWithCorrelationId(longest), 2);

        assertThat(shop.events("order-1")).singleElement().extracting(BrowsedMessage::correlationId).isEqualTo(longest);
    }

    @Test
    void whatOurSqlRaisesAboutAMessageIsDeadLettered() throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql "
                + "AS $$ BEGIN RAISE SQLSTATE 'IW001' USING MESSAGE = 'items: not together'; END $$");
            statement.execute("CREATE TRIGGER refuse BEFORE INSERT ON inventory_orders FOR EACH ROW WHEN (NEW.order_id = 'order-1') "
                + "EXECUTE FUNCTION refuse()");
            try {
                assertDeadLettered(order("order-1", "2 prod-456"), "SchemaViolation", "items: not together");
            } finally {
                statement.execute("DROP TRIGGER refuse ON inventory_orders");
                statement.execute("DROP FUNCTION refuse()");
            }
        }
    }

    @Test
    void aBodyThatIsNoUtf8IsDeadLettered() {
        // An overlong "A" of two bytes, which other decoders read as something else.
        byte[] body = json("order-1", TWO_UNITS.replace("}", ",\"note\":\"??\"}")).getBytes(StandardCharsets.UTF_8);
        int at = new String(body, StandardCharsets.UTF_8).indexOf("??");
        body[at] = (byte) 0xC1;
        body[at + 1] = (byte) 0x81;
        assertDeadLettered(ShopDriver.orderCreated(body), "MalformedBody", "body: is not UTF-8");
    }

    @Test
    void aSenderWritesNoLineOfTheLog(CapturedOutput output) {
        ServiceBusMessage message = order("order-1", "2147483647 prod\\r\\nERROR forged", "1 prod\\r\\nERROR forged")
            .setMessageId("m\r\nERROR forged");
        assertDeadLettered(message, "SchemaViolation", "items: the quantities of product prod??ERROR forged add up to 2147483648");
        assertThat(output.getAll()).contains("message m??ERROR forged is dead-lettered").doesNotContain("\nERROR forged");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void aMessageThatCanBeUnderstoodIsReserved(ServiceBusMessage message) {
        assertReserved(message, 2);
    }

    static Stream<Arguments> aMessageThatCanBeUnderstoodIsReserved() {
        String order = json("order-1", TWO_UNITS);
        ServiceBusMessage typedByProperty = orderCreated(order).setSubject(null);
        typedByProperty.getApplicationProperties().put("MessageType", "OrderCreated");
        return Stream.of(
            arguments(named("PascalCase",
                orderCreated("{\"OrderId\":\"order-1\",\"Items\":[{\"ProductId\":\"prod-456\",\"Quantity\":2}]}"))),
            arguments(named("1 MB of padding", orderCreated("{\"padding\":\"" + "x".repeat(MEGABYTE) + "\"," + order.substring(1)))),
            // For JSON Schema this is an integer.
            arguments(named("quantity 2.0", orderCreated(quantity("2.0")))),
            arguments(named("other types in unused fields", orderCreated("{\"customerId\":17,\"shippingAddress\":\"123 Main St\",\"createdAt\":0,"
                + order.substring(1).replace("}]", ",\"unitPrice\":\"19.99\"}]")))),
            arguments(named("UTF-8 byte order mark", orderCreated("\uFEFF" + order))),
            arguments(named("AMQP value", orderCreated(AmqpMessageBody.fromValue(order)))),
            arguments(named("type by application property", typedByProperty)),
            arguments(named(".NET type name", orderCreated(order).setSubject("Shop.Contracts.Events.OrderCreated, ShopDriver.Contracts"))),
            arguments(named("no MessageId", new ServiceBusMessage(order).setSubject("OrderCreated"))),
            arguments(named("blank MessageId", orderCreated(order).setMessageId(" "))));
    }

    @Test
    void idsThatAreIntegersAreTheirDigits() {
        tables.stock("12", 10);
        sendAndThenAValidOrder(orderCreated("{\"orderId\":4711,\"items\":[{\"productId\":12,\"quantity\":2}]}"));

        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.statusOf("4711")).isEqualTo("Reserved");
        assertThat(tables.stockOf("12")).isEqualTo("8 available, 2 reserved, version 2");
        assertThat(shop.events("4711")).singleElement().satisfies(Contracts::assertKept);
    }

    /** Checks the text of the event, as a consumer may accept integers only. */
    @ParameterizedTest
    @CsvSource({"2.0, quantityReserved, 2", "1e4, quantityReserved, 10000", "20001.0, requestedQuantity, 20001"})
    void aQuantityIsPublishedAsAnInteger(String sent, String field, String published) {
        sendAndThenAValidOrder(orderCreated(quantity(sent)));

        assertThat(shop.events("order-1")).singleElement().extracting(BrowsedMessage::bodyAsString).asString()
            .containsPattern("\"" + field + "\": " + published + "[,}]");
    }

    @Test
    void aLineThatIsRepeated10000TimesIsOneReservation() {
        assertReserved(orderCreated(json("order-1", items(10_000, i -> "prod-456"))), 10_000);
    }

    @Test
    void anOrderOf10000UnknownProductsIsToldOf10000Times() {
        sendAndThenAValidOrder(orderCreated(json("order-1", items(10_000, i -> "prod-unknown-" + i))));

        assertThat(tables.statusOf("order-1")).isEqualTo("Insufficient");
        assertThat(tables.count("outbox WHERE message_type = 'InventoryInsufficient' AND partition_key = 'order-1'"))
            .as("an event per product").isEqualTo(10_000);
        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.count("inbox")).as("both messages").isEqualTo(2);
        assertOnlyTheValidOrderIsReserved();
    }

    @Test
    void aMessageIdThatIsNoUuidIsKnownAgain() {
        shop.send(order("order-1", "2 prod-456").setMessageId("order-1/created"));
        assertReserved(order("order-1", "2 prod-456").setMessageId("order-1/created"), 2);
    }

    @Test
    void aMessageIdIsTheSameUuidWithAndWithoutHyphens() {
        UUID id = UUID.randomUUID();
        shop.send(order("order-1", "2 prod-456").setMessageId(id.toString().replace("-", "")));
        assertReserved(order("order-1", "2 prod-456").setMessageId(id.toString().toUpperCase()), 2);

        assertThat(tables.count("inbox WHERE message_id = '" + id + "'")).isEqualTo(1);
    }

    @Test
    void aMessageWithoutAnIdIsKnownAgainAfterItsAcknowledgementWasLost() throws SQLException {
        long expired = bus.counts(ShopDriver.SUBSCRIPTION).expiredLocks();
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT FROM inventory WHERE product_id = 'prod-456' FOR UPDATE");
            shop.send(order("order-1", "2 prod-456").setMessageId(" "));
            await().until(() -> tables.count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1);
            bus.stopListening();
        }
        // Now the worker commits but cannot settle the message.
        await().until(() -> tables.count("inbox") == 1 && bus.counts(ShopDriver.SUBSCRIPTION).expiredLocks() == expired + 1);
        bus.startListening();
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("prod-456")).isEqualTo("19998 available, 2 reserved, version 2");
        assertThat(tables.count("inbox")).as("one row for two deliveries").isEqualTo(1);
        assertThat(shop.events("order-1")).hasSize(1);
    }

    @Test
    void applicationPropertiesNamedAsParametersHaveNoEffect() {
        Map<String, Object> properties = Map.of(
            "CamelSqlQuery", "DELETE FROM inventory",
            "CamelSqlParameters", "1",
            "messageId", UUID.randomUUID().toString(),
            "messageBody", json("order-9", TWO_UNITS),
            "orderId", "order-9",
            "reservationTtl", "1 second",
            "shortLines", "[{\"productId\":\"prod-9\"}]");
        ServiceBusMessage enough = order("order-1", "2 prod-456");
        ServiceBusMessage tooMuch = order("order-2", "20001 prod-456");
        enough.getApplicationProperties().putAll(properties);
        tooMuch.getApplicationProperties().putAll(properties);
        shop.send(tooMuch);
        shop.awaitQuiet(tables);
        shop.send(enough);
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("prod-456")).isEqualTo("19998 available, 2 reserved, version 2");
        assertThat(tables.count("inventory_reservations WHERE order_id = 'order-1' "
            + "AND expires_at = created_at + interval '" + Defaults.of("inventory.reservation.ttl") + "'")).isEqualTo(1);
        assertThat(tables.statusOf("order-2")).isEqualTo("Insufficient");
        assertThat(shop.events("order-2")).singleElement().extracting(BrowsedMessage::bodyAsString).asString()
            .contains("\"productId\": \"prod-456\"", "\"requestedQuantity\": 20001", "\"availableStock\": 20000");
        assertThat(tables.rows("SELECT message_id FROM inbox ORDER BY received_at")).extracting(row -> row.get("message_id").toString())
            .containsExactly(tooMuch.getMessageId(), enough.getMessageId());
        assertThat(shop.deadLetters()).isEmpty();
    }

    private void assertDeadLettered(ServiceBusMessage message, String reason, String description) {
        sendAndThenAValidOrder(message);

        assertThat(shop.deadLetters()).singleElement().satisfies(dead -> {
            assertThat(dead.messageId()).isEqualTo(message.getMessageId());
            assertThat(dead.deadLetterReason()).isEqualTo(reason);
            assertThat(dead.deadLetterErrorDescription()).startsWith(description);
            assertThat(dead.deliveryCount()).as("failed deliveries before it was dead-lettered").isZero();
        });
        assertThat(tables.count("inbox")).as("an invalid message is not accepted").isEqualTo(1);
        assertThat(tables.count("outbox")).as("nor is it published").isEqualTo(1);
        assertThat(tables.count("inventory_orders")).as("nor is its order settled: it can be sent again, corrected").isEqualTo(1);
        assertOnlyTheValidOrderIsReserved();
    }

    /** Checks that this message, in one or several deliveries, reserved these units for order-1. */
    private void assertReserved(ServiceBusMessage message, int units) {
        sendAndThenAValidOrder(message);

        assertThat(shop.deadLetters()).isEmpty();
        assertThat(tables.row("SELECT quantity_reserved FROM inventory_reservations WHERE order_id = 'order-1'"))
            .containsEntry("quantity_reserved", units);
        assertThat(tables.stockOf("prod-456")).as("both orders")
            .isEqualTo((19_999 - units) + " available, " + (units + 1) + " reserved, version 3");
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).as("one row per message").isEqualTo(2);
        assertThat(tables.count("outbox WHERE message_type = 'InventoryReserved'")).as("one event per order").isEqualTo(2);
    }

    private void sendAndThenAValidOrder(ServiceBusMessage message) {
        shop.send(message);
        shop.send(order("order-after", "1 prod-456"));
        shop.awaitQuiet(tables);
    }

    private void assertOnlyTheValidOrderIsReserved() {
        assertThat(tables.statusOf("order-after")).isEqualTo("Reserved");
        assertThat(tables.count("inventory_reservations")).as("of the valid order").isEqualTo(1);
        assertThat(tables.stockOf("prod-456")).isEqualTo("19999 available, 1 reserved, version 2");
    }

    private static ServiceBusMessage orderCreated(String body) {
        return ShopDriver.orderCreated(body);
    }

    private static ServiceBusMessage orderCreated(AmqpMessageBody body) {
        return new ServiceBusMessage(body).setMessageId(UUID.randomUUID().toString()).setSubject("OrderCreated");
    }

    private static ServiceBusMessage orderWithCorrelationId(String correlationId) {
        ServiceBusMessage message = order("order-1", "2 prod-456").setCorrelationId(correlationId);
        // The SDK sizes its buffer by the application properties, and forgets the correlation id.
        message.getApplicationProperties().put("padding", "p".repeat(4_000));
        return message;
    }

    private static ServiceBusMessage price(String number) {
        return orderCreated(json("order-1", TWO_UNITS.replace("}", ",\"unitPrice\":" + number + "}")));
    }

    private static String quantity(String value) {
        return json("order-1", "[{\"productId\":\"prod-456\",\"quantity\":" + value + "}]");
    }

    private static String json(String orderId, String items) {
        return "{\"orderId\":\"" + orderId + "\",\"items\":" + items + "}";
    }

    /** One unit of each product. */
    private static String items(int count, IntFunction<String> productId) {
        return IntStream.range(0, count).mapToObj(i -> "{\"productId\":\"" + productId.apply(i) + "\",\"quantity\":1}")
            .collect(Collectors.joining(",", "[", "]"));
    }
}
