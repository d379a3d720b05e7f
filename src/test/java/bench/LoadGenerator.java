package bench;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverAsyncClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import ecommerce.inventory.support.ControlledProcess;
import ecommerce.inventory.support.ShopDriver;
import org.HdrHistogram.Histogram;

/** The program that runs in {@link LoadProcess}. */
final class LoadGenerator {

    /** Messages fetched ahead. With more the SDK overflows. */
    private static final int PREFETCH = 200;
    private static final int CHUNK = 1_000;

    private final ServiceBusSenderClient orders;
    private final ServiceBusSenderClient payments;
    private final ServiceBusReceiverAsyncClient events;
    private String run = "";
    private int count;
    private BitSet seen = new BitSet();
    private long received;
    private long lastAt;
    private Throwable failure;
    /** The planned time of the first order, and the time between two; zero while there is no rate. */
    private long firstIntended;
    private double interval;
    /** In microseconds. */
    private Histogram latency = new Histogram(3);

    private LoadGenerator(String connectionString) {
        ServiceBusClientBuilder client = new ServiceBusClientBuilder().connectionString(connectionString);
        orders = client.sender().topicName("orders").buildClient();
        payments = client.sender().topicName("payments").buildClient();
        events = client.receiver().topicName("inventory").subscriptionName("shop").receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE)
            .prefetchCount(PREFETCH).buildAsyncClient();
        events.receiveMessages().subscribe(this::receive, this::failed);
    }

    /** @param arguments the connection string */
    public static void main(String[] arguments) throws IOException {
        LoadGenerator load = new LoadGenerator(arguments[0]);
        ControlledProcess.serve(load::run);
    }

    /** Nanoseconds since 1970. */
    static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    private String run(List<String> command) {
        switch (command.get(0)) {
            case "begin" -> begin(command.get(1), Integer.parseInt(command.get(2)));
            case "backlog" -> sendBacklog(Workload.valueOf(command.get(1)));
            case "rate" -> sendAtRate(Workload.valueOf(command.get(1)), Double.parseDouble(command.get(2)));
            case "received" -> {
                return received();
            }
            case "latency" -> {
                return latency();
            }
            default -> throw new IllegalArgumentException("Unknown command");
        }
        return "done";
    }

    private synchronized void begin(String newRun, int orderCount) {
        run = newRun;
        count = orderCount;
        seen = new BitSet(orderCount);
        received = 0;
        lastAt = 0;
        interval = 0;
        latency = new Histogram(3);
    }

    private synchronized void receive(ServiceBusReceivedMessage event) {
        String orderId = event.getCorrelationId();
        if (orderId == null || !orderId.startsWith(run + "-")) {
            return;
        }
        long at = now();
        received++;
        lastAt = at;
        int number = Integer.parseInt(orderId.substring(run.length() + 1));
        if (!seen.get(number)) {
            seen.set(number);
            if (interval > 0) {
                latency.recordValue(TimeUnit.NANOSECONDS.toMicros(Math.max(0, at - intended(number))));
            }
        }
    }

    private synchronized void failed(Throwable cause) {
        cause.printStackTrace();
        failure = cause;
    }

    private synchronized String received() {
        if (failure != null) {
            throw new IllegalStateException("The receiver has stopped", failure);
        }
        return seen.cardinality() + " " + received + " " + lastAt;
    }

    private synchronized String latency() {
        return latency.getValueAtPercentile(50) / 1e3 + " " + latency.getValueAtPercentile(99) / 1e3 + " "
            + latency.getValueAtPercentile(99.9) / 1e3 + " " + latency.getMaxValue() / 1e3;
    }

    private void sendBacklog(Workload workload) {
        for (int from = 0; from < count; from += CHUNK) {
            List<ServiceBusMessage> toOrders = new ArrayList<>();
            List<ServiceBusMessage> toPayments = new ArrayList<>();
            for (int number = from; number < Math.min(from + CHUNK, count); number++) {
                toOrders.addAll(workload.orders(run, number));
                toPayments.addAll(workload.payments(run, number));
            }
            send(orders, toOrders);
            send(payments, toPayments);
        }
    }

    private static void send(ServiceBusSenderClient topic, List<ServiceBusMessage> messages) {
        if (!messages.isEmpty()) {
            ShopDriver.send(topic, messages.toArray(ServiceBusMessage[]::new));
        }
    }

    /** An order that could not be sent in time is sent with the next one. Its latency counts from its planned time. */
    private void sendAtRate(Workload workload, double ordersPerSecond) {
        synchronized (this) {
            interval = TimeUnit.SECONDS.toNanos(1) / ordersPerSecond;
            firstIntended = now() + TimeUnit.MILLISECONDS.toNanos(100);
        }
        int next = 0;
        while (next < count) {
            LockSupport.parkNanos(intended(next) - now());
            List<ServiceBusMessage> due = new ArrayList<>();
            for (long now = now(); next < count && intended(next) <= now && due.size() < CHUNK; next++) {
                due.addAll(workload.orders(run, next));
            }
            send(orders, due);
        }
    }

    private long intended(int number) {
        return firstIntended + (long) (number * interval);
    }
}
