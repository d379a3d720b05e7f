-- Releases what ended orders hold, reserved or committed, and publishes it. The status of an order shows that it has ended, and why.
-- Orders that hold nothing are left as they are.
-- The caller has locked the orders; products are locked here, in their order.
WITH held AS (
    SELECT r.reservation_id, r.order_id, r.product_id, r.quantity_reserved AS quantity, r.status = 'Reserved' AS reserved,
           o.correlation_id, status.release_reason AS reason
    FROM jsonb_array_elements_text(CAST(:#orders AS jsonb)) AS ended (order_id)
    JOIN inventory_orders AS o USING (order_id)
    JOIN order_statuses AS status USING (status)
    JOIN inventory_reservations AS r USING (order_id)
    WHERE status.release_reason IS NOT NULL
      AND r.status <> 'Released'
), released AS (
    UPDATE inventory_reservations AS r
    SET status = 'Released'
    FROM held
    WHERE r.reservation_id = held.reservation_id
), units AS (
    SELECT product_id, sum(quantity) AS released, coalesce(sum(quantity) FILTER (WHERE reserved), 0) AS of_reserved
    FROM held
    GROUP BY product_id
), locked AS (
    SELECT product_id
    FROM inventory
    WHERE product_id IN (SELECT product_id FROM units)
    ORDER BY product_id
    FOR UPDATE
), stock AS (
    UPDATE inventory AS i
    SET available_stock = i.available_stock + units.released,
        reserved_stock  = i.reserved_stock - units.of_reserved,
        last_updated    = clock_timestamp(),
        version         = i.version + 1
    FROM locked JOIN units USING (product_id)
    WHERE i.product_id = locked.product_id
    RETURNING i.product_id, i.available_stock, i.last_updated
)
INSERT INTO outbox
    (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at, reserved_change)
SELECT 'InventoryReleased',
       jsonb_build_object(
           'orderId', order_id,
           'productId', product_id,
           'quantityReleased', quantity,
           -- As if they were released one after the other.
           'availableStock', available_stock - coalesce(sum(quantity) OVER (
               PARTITION BY product_id ORDER BY order_id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0),
           'reason', reason,
           'releasedAt', utc(last_updated)),
       order_id, coalesce(CAST(:#correlationId AS text), correlation_id), :#sourceMessageId, :#traceparent, :#tracestate, last_updated,
       CASE WHEN reserved THEN -quantity ELSE 0 END
FROM held JOIN stock USING (product_id)
ORDER BY order_id, product_id
