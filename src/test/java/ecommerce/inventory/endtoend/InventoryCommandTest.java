package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Contracts;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.CamelContext;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** Commands: what they change and publish, and when they are rejected. */
@Tag("plain-camel")
@WorkerTest
class InventoryCommandTest {

    private static final String DEAD_COMMANDS = ShopDriver.COMMANDS + "/$DeadLetterQueue";

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private CamelContext camel;

    @BeforeEach
    void tenAvailableAndFiveReserved() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
        jdbc.execute("UPDATE inventory SET reserved_stock = 5");
    }

    @Test
    void aRestockedProductHasMoreAvailable() {
        command("RestockInventory", "{'productId': 'a', 'quantityToAdd': 7}");

        assertThat(tables.stockOf("a")).isEqualTo("17 available, 5 reserved, version 2");
        assertTold("InventoryRestocked", "\"productId\": \"a\"", "\"quantityAdded\": 7", "\"newTotalQuantity\": 22");
    }

    @Test
    void aRestockOfAnUnknownProductCreatesIt() {
        command("RestockInventory", "{'productId': 'new', 'quantityToAdd': 7}");

        assertThat(tables.stockOf("new")).isEqualTo("7 available, 0 reserved, version 1");
        assertTold("InventoryRestocked", "\"productId\": \"new\"", "\"quantityAdded\": 7", "\"newTotalQuantity\": 7");
    }

    @Test
    void anAdjustmentTakesAwayDownToZeroAvailable() {
        command("AdjustInventory", "{'productId': 'a', 'quantityChange': -10, 'reason': 'water damage'}");

        assertThat(tables.stockOf("a")).as("reserved units stay").isEqualTo("0 available, 5 reserved, version 2");
        assertTold("InventoryAdjusted", "\"productId\": \"a\"", "\"quantityChange\": -10", "\"newTotalQuantity\": 5", "\"reason\": \"water damage\"");
    }

    @Test
    void anAdjustmentAddsToo() {
        command("AdjustInventory", "{'productId': 'a', 'quantityChange': 3, 'reason': 'found'}");

        assertThat(tables.stockOf("a")).isEqualTo("13 available, 5 reserved, version 2");
        assertTold("InventoryAdjusted", "\"quantityChange\": 3", "\"newTotalQuantity\": 18");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        AdjustInventory  | {'productId': 'a', 'quantityChange': -11, 'reason': 'r'}        | CommandRejected | quantityChange: is -11, but product a has 10 available of 15 in all
        AdjustInventory  | {'productId': 'a', 'quantityChange': 2147483647, 'reason': 'r'} | CommandRejected | quantityChange: is 2147483647, but product a has 10 available of 15 in all
        AdjustInventory  | {'productId': 'b', 'quantityChange': 1, 'reason': 'r'}          | CommandRejected | productId: b is not known
        AdjustInventory  | {'productId': 'a', 'quantityChange': 0, 'reason': 'r'}          | CommandRejected | quantityChange: is 0, which changes nothing
        AdjustInventory  | {'productId': 'a', 'quantityChange': 1}                         | SchemaViolation | body: required property 'reason' not found
        RestockInventory | {'productId': 'a', 'quantityToAdd': 2147483647}                 | CommandRejected | quantityToAdd: 2147483647 more of product a would be more than 2147483647 in all
        RestockInventory | {'productId': 'a', 'quantityToAdd': 1, 'by': ' '}               | SchemaViolation | by: does not match the regex pattern
        AdjustInventory  | {'productId': 'a', 'quantityChange': 1, 'reason': 'r', 'by': 7} | SchemaViolation | by: integer found
        RestockInventory | {'productId': ' a', 'quantityToAdd': 1}                         | SchemaViolation | productId: must not be empty, nor begin or end with a blank
        RestockInventory | {'productId': 'a', 'quantityToAdd': 0}                          | SchemaViolation | quantityToAdd: must have a minimum value of 1, but is 0
        """, quoteCharacter = '"')
    void whatCannotBeDoneIsDeadLetteredAndChangesNothing(String type, String body, String reason, String description) {
        command(type, body);

        assertThat(bus.browse(DEAD_COMMANDS)).singleElement().satisfies(dead -> {
            assertThat(dead.deadLetterReason()).isEqualTo(reason);
            assertThat(dead.deadLetterErrorDescription()).startsWith(description);
        });
        assertThat(tables.stockOf("a")).isEqualTo("10 available, 5 reserved, version 1");
        assertThat(tables.count("outbox") + tables.count("inbox")).as("rolled back").isZero();
    }

    @Test
    void whoWantsItAndWhyIsPublishedAndKeptLongerThanTheMessage() {
        command("RestockInventory", "{'productId': 'a', 'quantityToAdd': 7, 'by': 'ann', 'reason': 'delivery 7'}");
        assertTold("InventoryRestocked", "\"by\": \"ann\"", "\"reason\": \"delivery 7\"");
        bus.purge();
        jdbc.update("DELETE FROM inbox");
        command("AdjustInventory", "{'productId': 'a', 'quantityChange': -1, 'by': 'bob', 'reason': 'broken'}");
        assertTold("InventoryAdjusted", "\"by\": \"bob\"", "\"reason\": \"broken\"");
        forgetMessages();

        assertThat(jdbc.queryForList("SELECT concat_ws(' ', type, product_id, quantity, changed_by, reason) FROM stock_changes "
            + "WHERE type <> 'Initial' AND enqueued_at <= changed_at ORDER BY change_id", String.class))
            .containsExactly("RestockInventory a 7 ann delivery 7", "AdjustInventory a -1 bob broken");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        RestockInventory | {'productId': 'a', 'quantityToAdd': 1}
        AdjustInventory  | {'productId': 'a', 'quantityChange': 1, 'reason': 'r'}
        """)
    void aCommandThatIsSentAgainAfterItsRetentionIsRejected(String type, String body) {
        ServiceBusMessage command = ShopDriver.commandMessage(type, json(body));
        shop.sendCommands(command);
        shop.awaitQuiet(tables);
        forgetMessages();

        shop.sendCommands(command);
        shop.awaitQuiet(tables);

        assertThat(bus.browse(DEAD_COMMANDS)).singleElement().satisfies(dead -> {
            assertThat(dead.deadLetterReason()).isEqualTo("CommandRejected");
            assertThat(dead.deadLetterErrorDescription()).startsWith("MessageId: " + command.getMessageId() + " was that of a " + type
                + " of product a, which took effect at ").endsWith("Z; it is not done twice");
        });
        assertThat(tables.stockOf("a")).isEqualTo("11 available, 5 reserved, version 2");
        assertThat(tables.count("outbox") + tables.count("inbox")).isZero();
    }

    @Test
    void unitsThatAreSoldCanComeBackHoweverMuchWasRestocked() {
        tables.stock("b", Integer.MAX_VALUE);
        shop.send(order("order-1", "5 b"));
        shop.awaitQuiet(tables);
        shop.sendPayments(about("order-1", "PaymentProcessed", "Captured"));
        shop.awaitQuiet(tables);
        assertThat(tables.stockOf("b")).isEqualTo("2147483642 available, 0 reserved, version 3");

        command("RestockInventory", "{'productId': 'b', 'quantityToAdd': 5}");
        assertThat(bus.browse(DEAD_COMMANDS)).singleElement().extracting(BrowsedMessage::deadLetterErrorDescription).isEqualTo(
            "quantityToAdd: 5 more of product b would be more than 2147483647 in all: 2147483642 are available, 0 reserved, and 5 sold, "
                + "which may come back");
        shop.send(about("order-1", "OrderCancelled"));
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("b")).isEqualTo("2147483647 available, 0 reserved, version 4");
        assertThat(shop.deadLetters()).isEmpty();
    }

    private void forgetMessages() {
        jdbc.update("DELETE FROM inbox");
        jdbc.update("DELETE FROM outbox");
    }

    @Test
    void commandsAreTakenOneAtATimeAndOrdersAreNot() {
        assertThat(concurrency("inventory-commands-queue")).isEqualTo(1);
        assertThat(concurrency("orders-subscription")).isEqualTo(200);
    }

    private int concurrency(String source) {
        return ((ServiceBusEndpoint) camel.getRoute(source).getEndpoint()).getConfiguration().getMaxConcurrentCalls();
    }

    @Test
    void racingCommandsLoseNothing() {
        int commands = 40;
        CompletableFuture.allOf(IntStream.range(0, commands).mapToObj(i -> CompletableFuture.runAsync(() -> shop.command(
            i % 2 == 0 ? "RestockInventory" : "AdjustInventory",
            i % 2 == 0 ? json("{'productId': 'new', 'quantityToAdd': 3}") : json("{'productId': 'a', 'quantityChange': 1, 'reason': 'r'}"))))
            .toArray(CompletableFuture[]::new)).join();
        shop.awaitQuiet(tables);

        assertThat(tables.stockOf("new")).as("created once").isEqualTo("60 available, 0 reserved, version 20");
        assertThat(tables.stockOf("a")).isEqualTo("30 available, 5 reserved, version 21");
        assertThat(shop.events()).as("one per command").hasSize(commands);
    }

    private void command(String type, String body) {
        shop.command(type, json(body));
        shop.awaitQuiet(tables);
    }

    private static String json(String body) {
        return body.replace('\'', '"');
    }

    private void assertTold(String type, String... fields) {
        assertThat(shop.events()).singleElement().satisfies(event -> {
            assertThat(event.subject()).isEqualTo(type);
            assertThat(event.bodyAsString()).contains(fields);
            Contracts.assertKept(event);
        });
        assertThat(shop.events()).extracting(BrowsedMessage::applicationProperties)
            .allSatisfy(properties -> assertThat(properties).containsKey("CausationId"));
        assertThat(tables.count("inbox")).isEqualTo(1);
    }
}
