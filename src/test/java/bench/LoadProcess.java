package bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import ecommerce.inventory.support.ControlledProcess;

/** The shop, in a JVM of its own: sends orders and receives events by the Azure SDK. */
final class LoadProcess extends ControlledProcess {

    /**
     * What was received of a run.
     *
     * @param orders   orders with at least one event
     * @param events   events
     * @param lastAt   when the last one came, {@link #now}
     */
    record Received(int orders, long events, long lastAt) {
    }

    /** From the moment that an order was meant to be sent to its first event; milliseconds. */
    record Latency(double p50, double p99, double p999, double max) {
    }

    LoadProcess(String connectionString, List<String> jvmOptions) throws IOException {
        super("load", jvmOptions, LoadGenerator.class, List.of(connectionString));
    }

    /** A clock that this process and the other have in common, nanoseconds. */
    static long now() {
        return LoadGenerator.now();
    }

    /** Forgets what was received, and counts events of this run from now on. */
    void begin(String run, int orders) {
        ask("begin", run, orders);
    }

    /** Sends the messages of all orders of the run, as fast as the bus takes them. */
    void sendBacklog(Workload workload) {
        ask("backlog", workload);
    }

    /** Sends orders at a fixed rate, whatever becomes of them; answers when the last is sent. */
    void sendAtRate(Workload workload, double ordersPerSecond) {
        ask("rate", workload, ordersPerSecond);
    }

    Received received() {
        String[] answer = ask("received").split(" ");
        return new Received(Integer.parseInt(answer[0]), Long.parseLong(answer[1]), Long.parseLong(answer[2]));
    }

    /** Of the orders that were sent at a fixed rate. */
    Latency latency() {
        String[] answer = ask("latency").split(" ");
        return new Latency(Double.parseDouble(answer[0]), Double.parseDouble(answer[1]), Double.parseDouble(answer[2]),
            Double.parseDouble(answer[3]));
    }

    /** The time over which something is measured; nothing is waited for. */
    static void pause(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
