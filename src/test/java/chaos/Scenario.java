package chaos;

import static ecommerce.inventory.support.ShopDriver.about;
import static ecommerce.inventory.support.ShopDriver.commandMessage;
import static ecommerce.inventory.support.ShopDriver.order;
import static ecommerce.inventory.support.ShopDriver.orderCreated;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import chaos.Book.Event;
import com.azure.messaging.servicebus.ServiceBusMessage;
import ecommerce.inventory.support.Tables;

/**
 * An open-loop load: a fixed rate of orders, and the messages that follow an order. Some messages are sent twice, again with another
 * MessageId, before their order, or after its expiry; some cannot be handled at all.
 */
final class Scenario {

    private static final int PRODUCTS = 40;
    private static final int PLENTY = 1_000_000;
    /** Initial stock of the product that sells out and is restocked from time to time. */
    private static final int FEW = 60;
    private static final String SCARCE = "scarce";
    static final String HOT = "hot";
    private static final int REPEAT_PERCENT = 10;
    private static final int REPEAT_WITHIN = 3_000;

    private final Random random;
    private final Sender sender;
    private final Book book = new Book();
    private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));
    private final double ordersPerSecond;
    private final long ttl;
    private final Thread thread = new Thread(this::run, "load");
    private volatile boolean stopped;
    private long drawn;
    private int orders;

    private record Due(long at, long number, String entity, ServiceBusMessage message) {
    }

    /** @param ttl of reservations; late payments come after it */
    Scenario(Sender sender, long seed, double ordersPerSecond, Duration ttl) {
        this.sender = sender;
        this.random = new Random(seed);
        this.ordersPerSecond = ordersPerSecond;
        this.ttl = ttl.toMillis();
    }

    /** Inserts the stock and starts the load. */
    void start(Tables tables) {
        stock(tables, SCARCE, FEW);
        stock(tables, HOT, PLENTY);
        IntStream.range(0, PRODUCTS).forEach(i -> stock(tables, "product-" + i, PLENTY));
        thread.start();
    }

    private void stock(Tables tables, String product, int units) {
        tables.stock(product, units);
        book.units.put(product, (long) units);
    }

    /** Stops the load: the remaining messages are sent at once. Returns when the bus has accepted all of them. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
        sender.awaitTaken();
    }

    Book book() {
        return book;
    }

    private void run() {
        long begin = now();
        try {
            for (long next = begin; !stopped; next = begin + (long) (orders * 1_000 / ordersPerSecond)) {
                while (now() < next) {
                    sendDue(now());
                    // The pace of the load; this waits for no event.
                    Thread.sleep(5);
                }
                draw(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sendDue(Long.MAX_VALUE);
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private void sendDue(long until) {
        while (!due.isEmpty() && due.peek().at() <= until) {
            Due next = due.remove();
            book.sends.incrementAndGet();
            sender.send(next.entity(), next.message());
        }
    }

    /** Schedules an order and the messages that follow it, and sometimes another message. */
    private void draw(long at) {
        String orderId = "order-" + orders++;
        String[] lines = lines();
        Book.Order entry = new Book.Order(Arrays.stream(lines).map(line -> line.split(" ")[1]).collect(Collectors.toSet()));
        book.orders.put(orderId, entry);
        long ordered = at + (percent(10) ? random.nextInt(2_000) : 0);
        add(ordered, Sender.ORDERS, order(orderId, lines));
        if (percent(5)) {
            book.repeatedOrders.incrementAndGet();
            add(ordered + random.nextInt(REPEAT_WITHIN), Sender.ORDERS, order(orderId, lines));
        }
        if (percent(60)) {
            long paid = percent(15) ? at + ttl + random.nextInt(5_000) : at + random.nextInt(5_000);
            follow(entry, Event.PAID, paid, Sender.PAYMENTS, about(orderId, "PaymentProcessed", random.nextBoolean() ? "Authorized" : "Captured"));
        }
        if (percent(10)) {
            follow(entry, Event.PAYMENT_FAILED, at + random.nextInt(5_000), Sender.PAYMENTS, random.nextBoolean()
                ? about(orderId, "PaymentFailed") : about(orderId, "PaymentProcessed", "Failed"));
        }
        if (percent(10)) {
            follow(entry, Event.CANCELLED, at + random.nextInt(10_000), Sender.ORDERS, about(orderId, "OrderCancelled"));
        }
        if (percent(5)) {
            follow(entry, Event.REFUNDED, at + random.nextInt(10_000), Sender.PAYMENTS, about(orderId, "PaymentProcessed", "Refunded"));
        }
        if (percent(5)) {
            command(at);
        }
        if (percent(3)) {
            poison(at);
        }
    }

    private boolean percent(int probability) {
        return random.nextInt(100) < probability;
    }

    private String[] lines() {
        return IntStream.range(0, percent(30) ? 3 : 1).mapToObj(i -> 1 + random.nextInt(3) + " "
            + (percent(20) ? HOT : percent(5) ? SCARCE : percent(1) ? "unknown" : "product-" + random.nextInt(PRODUCTS))).toArray(String[]::new);
    }

    private void follow(Book.Order entry, Event event, long at, String entity, ServiceBusMessage message) {
        entry.events().add(event);
        add(at, entity, message);
    }

    private void add(long at, String entity, ServiceBusMessage message) {
        book.messages.put(message.getMessageId(), message.getSubject());
        due.add(new Due(at, drawn++, entity, message));
        if (percent(REPEAT_PERCENT)) {
            book.repeats.incrementAndGet();
            due.add(new Due(at + random.nextInt(REPEAT_WITHIN), drawn++, entity, message));
        }
    }

    private void command(long at) {
        int units = 1 + random.nextInt(5);
        if (random.nextBoolean()) {
            String product = percent(50) ? SCARCE : HOT;
            book.units.merge(product, (long) units, Long::sum);
            add(at, Sender.COMMANDS, commandMessage("RestockInventory", "{\"productId\":\"" + product + "\",\"quantityToAdd\":" + units + "}"));
        } else {
            // The stock is so large that a command succeeds whatever was handled before it.
            String product = "product-" + random.nextInt(PRODUCTS);
            int change = random.nextBoolean() ? units : -units;
            book.units.merge(product, (long) change, Long::sum);
            add(at, Sender.COMMANDS, commandMessage("AdjustInventory",
                "{\"productId\":\"" + product + "\",\"quantityChange\":" + change + ",\"reason\":\"stocktaking\"}"));
        }
    }

    private void poison(long at) {
        switch (random.nextInt(4)) {
            case 0 -> addPoison(at, Sender.ORDERS, orderCreated("{\"orderId\":"), "MalformedBody");
            case 1 -> addPoison(at, Sender.ORDERS, order("poison", "0 hot"), "SchemaViolation");
            case 2 -> addPoison(at, Sender.PAYMENTS, about("poison", "PaymentLiked"), "UnknownMessageType");
            default -> addPoison(at, Sender.COMMANDS, commandMessage("AdjustInventory",
                "{\"productId\":\"unknown\",\"quantityChange\":1,\"reason\":\"poison\"}"), "CommandRejected");
        }
    }

    private void addPoison(long at, String entity, ServiceBusMessage message, String reason) {
        book.poison.put(message.getMessageId(), reason);
        due.add(new Due(at, drawn++, entity, message));
    }
}
