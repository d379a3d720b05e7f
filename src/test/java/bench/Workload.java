package bench;

import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusMessage;

/** The orders of the shop, numbered from 0 within a run. */
enum Workload {

    MANY("many products", 1, 1_000),
    HOT("one hot product", 1, 1),
    THREE_LINES("three-line orders", 3, 1_000),
    SOLD_OUT("sold out", 1, 1_000),
    LIFE_CYCLE("mixed life cycle", 1, 1_000);

    /** Enough for every run. */
    private static final int PLENTY = 1_000_000_000;

    private final String title;
    private final int lines;
    private final int products;

    Workload(String title, int lines, int products) {
        this.title = title;
        this.lines = lines;
        this.products = products;
    }

    String title() {
        return title;
    }

    int products() {
        return products;
    }

    /** The initial stock of each product. */
    int stock() {
        return this == SOLD_OUT ? 0 : PLENTY;
    }

    /** The number of events per order; for {@link #LIFE_CYCLE} it depends on which message comes first. */
    int eventsOfAnOrder() {
        return lines;
    }

    static String productId(int product) {
        return "product-" + product;
    }

    /** The products of an order, each once. */
    List<String> products(int number) {
        return IntStream.range(0, lines).mapToObj(line -> productId((number + line * 331) % products)).toList();
    }

    static String orderId(String run, int number) {
        return run + "-" + number;
    }

    /** The body of OrderCreated, with all fields that a shop sends. */
    String order(String run, int number) {
        String items = products(number).stream()
            .map(product -> "{\"productId\":\"" + product + "\",\"quantity\":1,\"unitPrice\":19.99,\"lineTotal\":19.99}")
            .collect(Collectors.joining(",", "[", "]"));
        return "{\"orderId\":\"" + orderId(run, number) + "\",\"customerId\":\"customer-" + number + "\",\"items\":" + items
            + ",\"shippingAddress\":{\"street\":\"123 Main St\",\"city\":\"Springfield\",\"state\":\"IL\",\"zipCode\":\"62701\","
            + "\"country\":\"USA\"},\"totalAmount\":" + 19.99 * lines + ",\"createdAt\":\"2026-01-01T00:00:00Z\"}";
    }

    /** The messages of an order in the topic orders. */
    List<ServiceBusMessage> orders(String run, int number) {
        ServiceBusMessage order = message("OrderCreated", run, number, order(run, number));
        return this == LIFE_CYCLE && number % 10 == 8
            ? List.of(order, message("OrderCancelled", run, number, "{\"orderId\":\"" + orderId(run, number) + "\"}"))
            : List.of(order);
    }

    /** The messages of an order in the topic payments: of ten orders, seven are paid, one payment fails, one is cancelled, one waits. */
    List<ServiceBusMessage> payments(String run, int number) {
        if (this != LIFE_CYCLE || number % 10 > 7) {
            return List.of();
        }
        return List.of(message("PaymentProcessed", run, number, "{\"orderId\":\"" + orderId(run, number) + "\",\"paymentId\":\"payment-"
            + number + "\",\"amount\":19.99,\"status\":\"" + (number % 10 < 7 ? "Captured" : "Failed") + "\"}"));
    }

    private static ServiceBusMessage message(String type, String run, int number, String body) {
        return new ServiceBusMessage(BinaryData.fromString(body)).setMessageId(UUID.randomUUID().toString()).setSubject(type)
            .setCorrelationId(orderId(run, number)).setContentType("application/json");
    }
}
