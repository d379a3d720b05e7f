package bench;

import java.util.Map;

/**
 * The cost of handling a number of orders.
 *
 * @param orders number of orders
 * @param seconds time for all of them
 * @param cpu     µs of CPU per order, by process
 */
record Measured(int orders, double seconds, Map<String, Double> cpu) {

    double ordersPerSecond() {
        return orders / seconds;
    }
}
