package development;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.settings.InventoryProperties;
import ecommerce.inventory.tracing.MessageTracer;
import jakarta.annotation.PreDestroy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * The rest of the shop, for development: accepts orders, payments and commands over HTTP, sends them to the worker over Service Bus,
 * and keeps the last events that the worker publishes.
 */
@RestController
class DemoShop {

    private static final Logger LOG = LoggerFactory.getLogger(DemoShop.class);
    private static final int EVENTS_KEPT = 1_000;

    /** An event of the worker. */
    record Event(String type, JsonNode body, String traceparent) {
    }

    private final String cell;
    private final ServiceBusSenderClient orders;
    private final ServiceBusSenderClient payments;
    private final ServiceBusSenderClient commands;
    private final ServiceBusProcessorClient events;
    private final Deque<Event> received = new ConcurrentLinkedDeque<>();

    DemoShop(InventoryProperties settings) {
        cell = settings.cell();
        ServiceBusClientBuilder bus = new ServiceBusClientBuilder().connectionString(settings.servicebus().connectionString());
        orders = bus.sender().topicName(settings.servicebus().ordersTopic()).buildClient();
        payments = bus.sender().topicName(settings.servicebus().paymentsTopic()).buildClient();
        commands = bus.sender().queueName(settings.servicebus().commandsQueue()).buildClient();
        events = bus.processor().topicName(settings.servicebus().eventsTopic()).subscriptionName(cell.isEmpty() ? "shop" : "shop-" + cell)
            .processMessage(context -> receive(context.getMessage())).processError(DemoShop::error).buildProcessorClient();
        events.start();
    }

    /**
     * Completes the order as a shop does (id, totals, time), sends OrderCreated, and answers with the order id.
     *
     * @param to the cell that keeps the stock of the order; by default the worker's own
     */
    @PostMapping("/api/orders")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, String> order(@RequestBody ObjectNode order, @RequestParam(name = "cell", required = false) String to) {
        if (!order.path("orderId").isTextual()) {
            order.put("orderId", UUID.randomUUID().toString());
        }
        BigDecimal total = BigDecimal.ZERO;
        for (JsonNode item : order.path("items")) {
            if (item instanceof ObjectNode line && line.path("unitPrice").isNumber() && line.path("quantity").isNumber()) {
                BigDecimal lineTotal = line.get("unitPrice").decimalValue().multiply(line.get("quantity").decimalValue());
                line.put("lineTotal", lineTotal);
                total = total.add(lineTotal);
            }
        }
        order.put("totalAmount", total);
        order.put("createdAt", Instant.now().toString());
        String orderId = order.get("orderId").textValue();
        send(orders, to == null ? cell : to, "OrderCreated", orderId, order);
        return Map.of("orderId", orderId);
    }

    /** Cancels an order: sends OrderCancelled. */
    @DeleteMapping("/api/orders/{orderId}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void cancel(@PathVariable String orderId, @RequestParam(required = false) String reason) {
        send(orders, cell, "OrderCancelled", orderId, JsonNodeFactory.instance.objectNode()
            .put("orderId", orderId).put("reason", reason).put("cancelledAt", Instant.now().toString()));
    }

    /** Completes the payment as a shop does (id, status Captured, time), sends PaymentProcessed, and answers with its id. */
    @PostMapping("/api/payments")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, String> pay(@RequestBody ObjectNode payment) {
        String paymentId = payment.path("paymentId").asText(UUID.randomUUID().toString());
        payment.put("paymentId", paymentId);
        payment.put("status", payment.path("status").asText("Captured"));
        payment.put("processedAt", Instant.now().toString());
        send(payments, cell, "PaymentProcessed", payment.path("orderId").asText(), payment);
        return Map.of("paymentId", paymentId);
    }

    /** Sends a command unchanged, such as RestockInventory, or a message of any other type. */
    @PostMapping("/api/commands/{type}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void command(@PathVariable String type, @RequestBody ObjectNode command) {
        send(commands, cell, type, null, command);
    }

    private static void send(ServiceBusSenderClient entity, String cell, String type, String correlationId, ObjectNode body) {
        ServiceBusMessage message = new ServiceBusMessage(body.toString()).setMessageId(UUID.randomUUID().toString())
            .setSubject(type).setCorrelationId(correlationId).setContentType("application/json");
        if (!cell.isEmpty()) {
            message.getApplicationProperties().put("cell", cell);
        }
        // The trace of the HTTP request.
        message.getApplicationProperties().putAll(MessageTracer.context());
        entity.sendMessage(message);
    }

    /** The last events, the oldest first; with an order id, only those of the order. */
    @GetMapping("/api/events")
    List<Event> events(@RequestParam(required = false) String orderId) {
        return received.stream()
            .filter(event -> orderId == null || orderId.equals(event.body().path("orderId").textValue()))
            .toList();
    }

    private void receive(ServiceBusReceivedMessage message) {
        received.add(new Event(message.getSubject(), message.getBody().toObject(JsonNode.class),
            (String) message.getApplicationProperties().get("traceparent")));
        while (received.size() > EVENTS_KEPT) {
            received.removeFirst();
        }
    }

    private static void error(ServiceBusErrorContext context) {
        LOG.warn("The shop cannot receive events: {}", context.getException().getMessage());
    }

    @PreDestroy
    void close() {
        events.close();
        orders.close();
        payments.close();
        commands.close();
    }
}
