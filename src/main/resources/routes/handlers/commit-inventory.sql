-- Commits what a paid order has reserved: the units leave the reserved stock, and InventoryCommitted is published.
-- An order that holds nothing is left as it is.
WITH paid AS (
    UPDATE inventory_orders
    SET status = next_status(status, 'Committed')
    WHERE order_id = CAST(:#messageBody AS jsonb) ->> 'orderId'
      AND status = 'Paid'
      AND items IS NOT NULL
), held AS (
    UPDATE inventory_reservations
    SET status = 'Committed'
    WHERE order_id = CAST(:#messageBody AS jsonb) ->> 'orderId'
      AND status = 'Reserved'
    RETURNING order_id, product_id, quantity_reserved AS quantity
), locked AS (
    SELECT product_id
    FROM inventory
    WHERE product_id IN (SELECT product_id FROM held)
    ORDER BY product_id
    FOR UPDATE
), stock AS (
    UPDATE inventory AS i
    SET reserved_stock = i.reserved_stock - held.quantity,
        last_updated   = clock_timestamp(),
        version        = i.version + 1
    FROM locked JOIN held USING (product_id)
    WHERE i.product_id = locked.product_id
    RETURNING held.order_id, held.product_id, held.quantity, i.last_updated
)
INSERT INTO outbox
    (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at, reserved_change)
SELECT 'InventoryCommitted',
       jsonb_build_object(
           'orderId', order_id,
           'productId', product_id,
           'quantityCommitted', quantity,
           'committedAt', utc(last_updated)),
       order_id, :#correlationId, :#sourceMessageId, :#traceparent, :#tracestate, last_updated, -quantity
FROM stock
ORDER BY product_id
