package bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import ecommerce.inventory.support.ControlledProcess;

/** The shop, in a JVM of its own: sends orders and receives events with the Azure SDK. */
final class LoadProcess extends ControlledProcess {

    /**
     * The events of a run that were received.
     *
     * @param orders   orders with at least one event
     * @param events   number of events
     * @param lastAt   time of the last event, by {@link #now}
     */
    record Received(int orders, long events, long lastAt) {
    }

    /** From the planned send of an order to its first event, in milliseconds. */
    record Latency(double p50, double p99, double p999, double max) {
    }

    LoadProcess(String connectionString, List<String> jvmOptions) throws IOException {
        super("load", jvmOptions, LoadGenerator.class, List.of(connectionString));
    }

    /** A clock that both processes share, in nanoseconds. */
    static long now() {
        return LoadGenerator.now();
    }

    /** Starts counting the events of a run. */
    void begin(String run, int orders) {
        ask("begin", run, orders);
    }

    /** Sends the messages of all orders of the run as fast as the bus accepts them. */
    void sendBacklog(Workload workload) {
        ask("backlog", workload);
    }

    /** Sends orders at a fixed rate, however fast they are handled; returns when the last one is sent. */
    void sendAtRate(Workload workload, double ordersPerSecond) {
        ask("rate", workload, ordersPerSecond);
    }

    Received received() {
        String[] answer = ask("received").split(" ");
        return new Received(Integer.parseInt(answer[0]), Long.parseLong(answer[1]), Long.parseLong(answer[2]));
    }

    /** The latency of the orders that were sent at a fixed rate. */
    Latency latency() {
        String[] answer = ask("latency").split(" ");
        return new Latency(Double.parseDouble(answer[0]), Double.parseDouble(answer[1]), Double.parseDouble(answer[2]),
            Double.parseDouble(answer[3]));
    }

    /** Lets the time of a measurement pass; this waits for no event. */
    static void pause(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
