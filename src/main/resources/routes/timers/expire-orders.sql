-- Ends the orders that have expired reservations, the oldest first. Skips orders that another transaction has locked (for example a
-- payment, or another instance) and orders that hold one of lockedProducts, a JSON array. Skipped ones do not count for the batch, and
-- are not read again in the same run: the next batch begins where the last one ended.
-- Answers the orders as parameters of release-inventory.sql, in "done" how many there are, and in "until" where the next batch begins.
-- No message has caused this.
WITH claimed AS (
    SELECT order_id, expires_at
    FROM inventory_reservations AS due
    WHERE status = 'Reserved'
      AND expires_at BETWEEN CAST(:#since AS timestamptz) AND now()
      AND NOT EXISTS (
          SELECT FROM inventory_reservations AS line
          WHERE line.order_id = due.order_id
            AND line.product_id = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(:#lockedProducts AS jsonb))))
          OFFSET 0)
      AND EXISTS (
          SELECT FROM inventory_orders AS o
          WHERE o.order_id = due.order_id AND o.status = 'Reserved'
          -- Looked up and locked for each reservation until there are enough, instead of joining all that are due.
          FOR UPDATE SKIP LOCKED)
    ORDER BY expires_at
    LIMIT CAST(:#batchSize AS integer)
), expired AS (
    UPDATE inventory_orders
    SET status = next_status(status, 'Expired')
    -- All are claimed before the first is changed: a changed order would not be claimed for its next line.
    WHERE order_id = ANY (ARRAY(SELECT order_id FROM claimed))
    RETURNING order_id
)
SELECT count(*) AS done, CAST(coalesce(jsonb_agg(order_id), '[]') AS text) AS orders,
       CAST((SELECT max(expires_at) FROM claimed) AS text) AS until,
       CAST(NULL AS text) AS "sourceMessageId", CAST(NULL AS text) AS "correlationId", CAST(NULL AS text) AS traceparent,
       CAST(NULL AS text) AS tracestate
FROM expired
