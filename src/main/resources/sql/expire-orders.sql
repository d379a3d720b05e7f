-- Ends the orders that have reservations past their time, the oldest first, and leaves alone those
-- that another transaction has in work: a payment that comes at this moment, or another instance.
-- Answers them as parameters of release-inventory.sql. No message has caused this.
WITH due AS (
    SELECT order_id
    FROM inventory_reservations
    WHERE status = 'Reserved'
      AND expires_at <= now()
    ORDER BY expires_at
    LIMIT CAST(:#batchSize AS integer)
), claimed AS (
    SELECT order_id
    FROM inventory_orders
    WHERE order_id IN (SELECT order_id FROM due)
      AND status = 'Reserved'
    FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE inventory_orders AS o
    SET status = 'Expired'
    FROM claimed
    WHERE o.order_id = claimed.order_id
    RETURNING o.order_id
)
SELECT CAST(coalesce(jsonb_agg(order_id), '[]') AS text) AS orders,
       CAST(NULL AS text) AS "sourceMessageId", CAST(NULL AS text) AS "correlationId", CAST(NULL AS text) AS traceparent,
       CAST(NULL AS text) AS tracestate
FROM expired
