-- Tells that an order is not reserved: one InventoryInsufficient for each short or unknown product,
-- and the order's verdict, so that no later message of the order is tried again.
WITH verdict AS (
    UPDATE inventory_orders
    SET status = 'Insufficient'
    WHERE order_id = CAST(:#messageBody AS jsonb) ->> 'orderId'
    RETURNING order_id, clock_timestamp() AS checked_at
)
INSERT INTO outbox
    (message_id, message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at)
SELECT gen_random_uuid(), 'InventoryInsufficient',
       jsonb_build_object('orderId', verdict.order_id) || line.short || jsonb_build_object(
           'checkedAt', utc(verdict.checked_at)),
       verdict.order_id, :#correlationId, :#sourceMessageId, :#traceparent, :#tracestate, verdict.checked_at
FROM verdict, jsonb_array_elements(CAST(:#shortLines AS jsonb)) WITH ORDINALITY AS line (short, position)
ORDER BY line.position
