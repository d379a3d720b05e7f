package bench.plain;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

/** Reserves an order in a transaction of its own, with one statement per step. */
class ReservationService {

    private final JdbcTemplate jdbc;
    private final ObjectMapper json;

    ReservationService(JdbcTemplate jdbc, ObjectMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    @Transactional
    public void reserve(UUID messageId, String correlationId, String body, OrderCreated order) {
        if (jdbc.update("INSERT INTO inbox (message_id, message_type, message_body, processed_at) VALUES (?, 'OrderCreated', ?::jsonb, now()) "
                + "ON CONFLICT (message_id) DO NOTHING", messageId, body) == 0) {
            return;
        }
        List<OrderCreated.Item> items = order.items().stream().sorted(Comparator.comparing(OrderCreated.Item::productId)).toList();
        Map<String, Integer> available = new HashMap<>();
        List<OrderCreated.Item> insufficient = new ArrayList<>();
        for (OrderCreated.Item item : items) {
            int stock = jdbc.queryForList("SELECT available_stock FROM inventory WHERE product_id = ? FOR UPDATE", Integer.class,
                item.productId()).stream().findFirst().orElse(0);
            available.put(item.productId(), stock);
            if (stock < item.quantity()) {
                insufficient.add(item);
            }
        }
        for (OrderCreated.Item item : insufficient) {
            publish("InventoryInsufficient", messageId, correlationId, order, Map.of("orderId", order.orderId(), "productId", item.productId(),
                "requestedQuantity", item.quantity(), "availableStock", available.get(item.productId()), "checkedAt", Instant.now().toString()));
        }
        if (!insufficient.isEmpty()) {
            return;
        }
        for (OrderCreated.Item item : items) {
            jdbc.update("UPDATE inventory SET available_stock = available_stock - ?, reserved_stock = reserved_stock + ?, "
                + "last_updated = now(), version = version + 1 WHERE product_id = ?", item.quantity(), item.quantity(), item.productId());
            jdbc.update("INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, expires_at) "
                + "VALUES (?, ?, ?, ?, 'Reserved', now() + interval '15 minutes')", UUID.randomUUID().toString(), order.orderId(),
                item.productId(), item.quantity());
            publish("InventoryReserved", messageId, correlationId, order, Map.of("orderId", order.orderId(), "productId", item.productId(),
                "quantityReserved", item.quantity(), "remainingStock", available.get(item.productId()) - item.quantity(),
                "reservedAt", Instant.now().toString()));
        }
    }

    private void publish(String type, UUID causationId, String correlationId, OrderCreated order, Map<String, Object> event) {
        try {
            jdbc.update("INSERT INTO outbox (message_id, message_type, message_body, partition_key, correlation_id, causation_id) "
                + "VALUES (?, ?, ?::jsonb, ?, ?, ?)", UUID.randomUUID(), type, json.writeValueAsString(event), order.orderId(), correlationId,
                causationId.toString());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
