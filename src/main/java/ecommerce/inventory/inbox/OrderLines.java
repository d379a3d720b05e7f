package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.SchemaViolation;

import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.failure.InvalidMessageException;

/**
 * Checks what a schema cannot express about the lines of an order. It does so before orders share a transaction, because an invalid order
 * would roll back the transaction of all of them.
 */
final class OrderLines {

    private OrderLines() {
    }

    /**
     * The quantities of one product are added up, and their sum has to fit into an integer of the database. Lines that violate the
     * schema are left to it.
     *
     * @throws InvalidMessageException that names the product and the sum
     */
    static void requireCountable(JsonNode order) {
        long all = 0;
        for (JsonNode line : order.path("items")) {
            if (!isCountable(line)) {
                return;
            }
            all += line.get("quantity").longValue();
        }
        if (all > Integer.MAX_VALUE) {
            requireCountableByProduct(order);
        }
    }

    private static boolean isCountable(JsonNode line) {
        JsonNode quantity = line.path("quantity");
        return line.path("productId").isTextual() && quantity.canConvertToExactIntegral() && quantity.canConvertToInt() && quantity.intValue() > 0;
    }

    private static void requireCountableByProduct(JsonNode order) {
        Map<String, Long> quantities = new TreeMap<>();
        order.get("items").forEach(line ->
            quantities.merge(line.get("productId").textValue(), line.get("quantity").longValue(), Long::sum));
        quantities.forEach((product, quantity) -> {
            if (quantity > Integer.MAX_VALUE) {
                throw new InvalidMessageException(SchemaViolation, "items: the quantities of product " + product + " add up to " + quantity
                    + ", more than " + Integer.MAX_VALUE);
            }
        });
    }
}
