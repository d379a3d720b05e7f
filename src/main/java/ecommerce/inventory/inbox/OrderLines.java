package ecommerce.inventory.inbox;

import static ecommerce.inventory.failure.InvalidMessageException.Reason.SchemaViolation;

import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import ecommerce.inventory.failure.InvalidMessageException;

/**
 * What a schema cannot say of the lines of an order. It is checked before orders share a transaction, which one that is found to be
 * invalid in it would cost all others.
 */
final class OrderLines {

    private OrderLines() {
    }

    /**
     * Lines of one product count together, and their sum has to be an integer of the database. Lines that are not as the schema
     * wants them are left to it.
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
