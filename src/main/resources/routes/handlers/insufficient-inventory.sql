-- Publishes that an order is not reserved: one InventoryInsufficient for each short or unknown product,
-- and writes this outcome to the order, so that no later message of the order is tried again.
WITH verdict AS (
    UPDATE inventory_orders
    SET status = next_status(status, 'Insufficient')
    WHERE order_id = CAST(:#messageBody AS jsonb) ->> 'orderId'
    RETURNING order_id, clock_timestamp() AS checked_at
)
INSERT INTO outbox
    (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at)
SELECT 'InventoryInsufficient',
       jsonb_build_object('orderId', order_id) || short || jsonb_build_object('checkedAt', utc(checked_at)),
       order_id, :#correlationId, :#sourceMessageId, :#traceparent, :#tracestate, checked_at
FROM verdict, jsonb_array_elements(CAST(:#shortLines AS jsonb)) WITH ORDINALITY AS line (short, position)
ORDER BY position
