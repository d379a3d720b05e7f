package ecommerce.inventory.support;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import org.springframework.beans.factory.DisposableBean;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/** The shop of a test: sends messages with the Azure SDK, and reads the published events. */
public class ShopDriver implements DisposableBean {

    public static final String SUBSCRIPTION = "orders/Subscriptions/inventory";
    public static final String DEAD_LETTERS = SUBSCRIPTION + "/$DeadLetterQueue";
    public static final String PAYMENTS = "payments/Subscriptions/inventory";
    public static final String COMMANDS = "inventory-commands";
    public static final String EVENTS = "inventory/Subscriptions/shop";

    private final EmbeddedServiceBus bus;
    private final ServiceBusSenderClient orders;
    private final ServiceBusSenderClient payments;
    private final ServiceBusSenderClient commands;

    public ShopDriver(EmbeddedServiceBus bus) {
        this.bus = bus;
        // So that a connection that is cut during a send is noticed sooner than after a minute.
        ServiceBusClientBuilder client = new ServiceBusClientBuilder().connectionString(bus.connectionString())
            .retryOptions(new AmqpRetryOptions().setTryTimeout(Duration.ofSeconds(5)));
        this.orders = client.sender().topicName("orders").buildClient();
        this.payments = client.sender().topicName("payments").buildClient();
        this.commands = client.sender().queueName(COMMANDS).buildClient();
    }

    /** An OrderCreated message with a new MessageId. Lines are written {@code "2 prod-456"}. */
    public static ServiceBusMessage order(String orderId, String... lines) {
        String items = Arrays.stream(lines).map(line -> line.split(" ", 2))
            .map(line -> "{\"productId\":\"" + line[1] + "\",\"quantity\":" + line[0] + "}")
            .collect(Collectors.joining(",", "[", "]"));
        return orderCreated("{\"orderId\":\"" + orderId + "\",\"items\":" + items + "}");
    }

    /** An OrderCreated message with a new MessageId and any body. */
    public static ServiceBusMessage orderCreated(String body) {
        return orderCreated(body.getBytes(StandardCharsets.UTF_8));
    }

    public static ServiceBusMessage orderCreated(byte[] body) {
        return message("OrderCreated", BinaryData.fromBytes(body));
    }

    /** Another message about an order, with a new MessageId: OrderCancelled, PaymentFailed, or PaymentProcessed with its status. */
    public static ServiceBusMessage about(String orderId, String type, String... status) {
        return message(type, BinaryData.fromString("{\"orderId\":\"" + orderId + "\""
            + (status.length == 0 ? "" : ",\"status\":\"" + status[0] + "\"") + "}"));
    }

    /** A message to the queue of commands, with a new MessageId. */
    public static ServiceBusMessage commandMessage(String type, String body) {
        return message(type, BinaryData.fromString(body));
    }

    private static ServiceBusMessage message(String type, BinaryData body) {
        return new ServiceBusMessage(body).setMessageId(UUID.randomUUID().toString()).setSubject(type).setContentType("application/json");
    }

    /** Sends messages to the orders topic, in batches. */
    public void send(ServiceBusMessage... messages) {
        send(orders, messages);
    }

    /** The same, to the payments topic. */
    public void sendPayments(ServiceBusMessage... messages) {
        send(payments, messages);
    }

    /** Sends messages in batches. */
    public static void send(ServiceBusSenderClient topic, ServiceBusMessage... messages) {
        if (messages.length == 1) {
            topic.sendMessage(messages[0]);
            return;
        }
        ServiceBusMessageBatch batch = topic.createMessageBatch();
        for (ServiceBusMessage message : messages) {
            if (!batch.tryAddMessage(message)) {
                topic.sendMessages(batch);
                batch = topic.createMessageBatch();
                if (!batch.tryAddMessage(message)) {
                    throw new IllegalStateException("A message is larger than a batch");
                }
            }
        }
        topic.sendMessages(batch);
    }

    /** Sends a command with a new MessageId. */
    public void command(String type, String body) {
        sendCommands(commandMessage(type, body));
    }

    /** The same, to the queue of commands. */
    public void sendCommands(ServiceBusMessage... messages) {
        send(commands, messages);
    }

    /** Waits until the worker has settled all messages and published all events. */
    public void awaitQuiet(Tables tables) {
        await().untilAsserted(() -> {
            assertThat(bus.counts(SUBSCRIPTION).active()).as("orders not settled").isZero();
            assertThat(bus.counts(PAYMENTS).active()).as("payments not settled").isZero();
            assertThat(bus.counts(COMMANDS).active()).as("commands not settled").isZero();
            assertThat(tables.count("outbox WHERE published_at IS NULL")).as("events not published").isZero();
        });
    }

    /** The published events, in their order. */
    public List<BrowsedMessage> events() {
        return bus.browse(EVENTS);
    }

    public List<BrowsedMessage> events(String orderId) {
        return events().stream().filter(event -> event.bodyAsString().contains("\"orderId\": \"" + orderId + "\"")).toList();
    }

    public List<BrowsedMessage> deadLetters() {
        return bus.browse(DEAD_LETTERS);
    }

    @Override
    public void destroy() {
        orders.close();
        payments.close();
        commands.close();
        bus.close();
    }
}
