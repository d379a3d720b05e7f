-- The order that a message is about, as if its OrderCreated came with this message.
SELECT CAST(jsonb_build_object('orderId', order_id, 'items', items) AS text) AS "messageBody",
       CAST(:#sourceMessageId AS text) AS "sourceMessageId",
       CAST(:#correlationId AS text) AS "correlationId",
       CAST(:#traceparent AS text) AS traceparent,
       CAST(:#tracestate AS text) AS tracestate
FROM inventory_orders
WHERE order_id = CAST(:#messageBody AS jsonb) ->> 'orderId'
