package ecommerce.inventory.endtoend;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.commandMessage;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.ShopDriver;
import ecommerce.inventory.support.Tables;
import ecommerce.inventory.support.WorkerTest;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** Each source accepts only its own message types. */
@Tag("plain-camel")
@WorkerTest
class AcceptedTypesTest {

    private static final List<String> TABLES = List.of("inventory", "inventory_orders", "inventory_reservations", "inbox", "outbox");

    @Autowired
    private EmbeddedServiceBus bus;
    @Autowired
    private ShopDriver shop;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private ProducerTemplate operator;

    /** Order 1 reserves two of ten units of a. */
    @BeforeEach
    void anOrderThatIsReserved() {
        shop.awaitQuiet(tables);
        tables.clear();
        bus.purge();
        tables.stock("a", 10);
        shop.send(order("order-1", "2 a"));
        await().until(() -> "Reserved".equals(tables.statusOf("order-1")));
        shop.awaitQuiet(tables);
    }

    private enum Source {
        ORDERS(ShopDriver.SUBSCRIPTION, "orders-subscription", "OrderCreated, OrderCancelled"),
        PAYMENTS(ShopDriver.PAYMENTS, "payments-subscription", "PaymentProcessed, PaymentFailed"),
        COMMANDS(ShopDriver.COMMANDS, "inventory-commands-queue", "RestockInventory, AdjustInventory");

        private final String entity;
        private final String route;
        private final String types;

        Source(String entity, String route, String types) {
            this.entity = entity;
            this.route = route;
            this.types = types;
        }

        private List<String> types() {
            return List.of(types.split(", "));
        }
    }

    private static ServiceBusMessage message(String type) {
        return switch (type) {
            case "OrderCreated" -> order("order-2", "1 a");
            case "PaymentProcessed" -> about("order-1", type, "Captured");
            case "RestockInventory" -> commandMessage(type, "{\"productId\":\"a\",\"quantityToAdd\":5}");
            case "AdjustInventory" -> commandMessage(type, "{\"productId\":\"a\",\"quantityChange\":-1,\"reason\":\"lost\"}");
            default -> about("order-1", type);
        };
    }

    /** The effect of each message type on the stock and on order 1. */
    private static final Map<String, String> EFFECTS = Map.of(
        "OrderCreated", "7 available, 3 reserved, version 3; Reserved",
        "OrderCancelled", "10 available, 0 reserved, version 3; Cancelled",
        "PaymentProcessed", "8 available, 0 reserved, version 3; Committed",
        "PaymentFailed", "10 available, 0 reserved, version 3; PaymentFailed",
        "RestockInventory", "13 available, 2 reserved, version 3; Reserved",
        "AdjustInventory", "7 available, 2 reserved, version 3; Reserved");

    static Stream<Arguments> ownTypes() {
        return Stream.of(Source.values()).flatMap(source -> source.types().stream().map(type -> arguments(type, source)));
    }

    @ParameterizedTest(name = "{0} from {1}")
    @MethodSource("ownTypes")
    void aSourceAcceptsItsOwnTypes(String type, Source source) {
        send(source, message(type));
        shop.awaitQuiet(tables);

        assertThat(deadLetters(source)).isEmpty();
        assertThat(tables.stockOf("a") + "; " + tables.statusOf("order-1")).isEqualTo(EFFECTS.get(type));
    }

    @Test
    void noSourceAcceptsATypeOfAnotherAndNothingIsChangedByIt() {
        assertThat(ownTypes()).hasSize(6);
        List<List<Map<String, Object>>> before = rows();
        List<String> expected = new ArrayList<>();
        for (Source source : Source.values()) {
            EFFECTS.keySet().stream().filter(type -> !source.types().contains(type)).forEach(type -> {
                send(source, message(type));
                expected.add("UnknownMessageType: Subject: the message type '" + type + "' is not accepted from " + source.route
                    + ", which accepts " + source.types);
            });
        }
        shop.awaitQuiet(tables);

        assertThat(expected).hasSize(12);
        assertThat(Stream.of(Source.values()).flatMap(source -> deadLetters(source).stream())
            .map(dead -> dead.deadLetterReason() + ": " + dead.deadLetterErrorDescription())).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(rows()).as("all rows").isEqualTo(before);
    }

    @Test
    void aFullTypeNameOrTheApplicationPropertyIsNoWayAround() {
        ServiceBusMessage byProperty = message("RestockInventory").setSubject(null);
        byProperty.getApplicationProperties().put("MessageType", "RestockInventory");
        shop.send(message("RestockInventory").setSubject("Shop.Contracts.RestockInventory, ShopDriver.Contracts"), byProperty);
        shop.awaitQuiet(tables);

        assertThat(shop.deadLetters()).hasSize(2).allSatisfy(dead ->
            assertThat(dead.deadLetterErrorDescription()).contains("is not accepted from orders-subscription"));
        assertThat(tables.stockOf("a")).isEqualTo("8 available, 2 reserved, version 2");
    }

    @Test
    void aDeadLetterOfAnotherSourcesTypeStaysWhenItIsReplayed() {
        shop.send(message("RestockInventory"));
        shop.awaitQuiet(tables);
        List<List<Map<String, Object>>> before = rows();

        Map<?, ?> outcome = operator.requestBody("direct:replay-dead-letters",
            Map.of("source", "orders-subscription", "replayedBy", "ann", "reason", "to try it"), Map.class);

        assertThat(outcome.get("replayed")).isEqualTo(0);
        assertThat(outcome.get("failed")).asString().contains("UnknownMessageType: Subject: the message type 'RestockInventory' is not accepted");
        assertThat(shop.deadLetters()).hasSize(1);
        assertThat(rows()).isEqualTo(before);
    }

    /** The second type is the name of a route for operators. */
    @ParameterizedTest
    @MethodSource("typesOfNoSource")
    void aParkedRowOfATypeThatNoSourceAcceptsIsDeadAndRunsNoRoute(String type) {
        await().until(() -> tables.count("outbox_unprojected") == 0);
        jdbc.update("UPDATE inventory_summary SET total_reservations = 99");
        jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, partition_key, parked_sequence, source_message_id, retry_count, "
            + "next_retry_at) VALUES (gen_random_uuid(), ?, '{\"orderId\": \"order-9\"}', 'order-9', nextval('inbox_parked_sequence'), 'm-9', 1, now())", type);

        await().until(() -> tables.count("inbox WHERE dead_at IS NOT NULL") == 1);

        assertThat(tables.row("SELECT error_message FROM inbox WHERE dead_at IS NOT NULL")).containsEntry("error_message",
            "message_type: '" + type + "' is not accepted from any source of this worker; they accept AdjustInventory, OrderCancelled, "
                + "OrderCreated, PaymentFailed, PaymentProcessed, RestockInventory");
        assertThat(tables.row("SELECT total_reservations FROM inventory_summary")).as("no rebuild").containsEntry("total_reservations", 99L);
    }

    static List<String> typesOfNoSource() {
        return List.of("OrderExploded", "rebuild-summary");
    }

    private void send(Source source, ServiceBusMessage message) {
        switch (source) {
            case ORDERS -> shop.send(message);
            case PAYMENTS -> shop.sendPayments(message);
            case COMMANDS -> shop.sendCommands(message);
        }
    }

    private List<BrowsedMessage> deadLetters(Source source) {
        return bus.browse(source.entity + "/$DeadLetterQueue");
    }

    private List<List<Map<String, Object>>> rows() {
        return TABLES.stream().map(table -> tables.rows("SELECT CAST(t AS text) AS row FROM " + table + " AS t ORDER BY 1")).toList();
    }
}
