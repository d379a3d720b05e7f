package bench;

import java.util.Map;

/**
 * What handling a number of orders took.
 *
 * @param orders how many
 * @param seconds how long
 * @param cpu     µs of CPU for an order, by process
 */
record Measured(int orders, double seconds, Map<String, Double> cpu) {

    double ordersPerSecond() {
        return orders / seconds;
    }
}
