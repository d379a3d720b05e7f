-- Replaces the id of an order by a random one, wherever it is stored, and deletes its dead messages. Its units stay accounted for.
-- Answers how many rows were changed.
WITH subject AS MATERIALIZED (
    SELECT order_id, inbox_key(order_id), 'erased-' || gen_random_uuid() AS pseudonym FROM CAST(:#orderId AS text) AS order_id
), orders AS (
    UPDATE inventory_orders AS o
    SET order_id = pseudonym, correlation_id = NULL
    FROM subject
    WHERE o.order_id = subject.order_id
    RETURNING o.order_id
), reservations AS (
    UPDATE inventory_reservations AS r
    SET order_id = pseudonym
    FROM subject
    WHERE r.order_id = subject.order_id
    RETURNING r.order_id
), events AS (
    UPDATE outbox AS o
    SET message_body = message_body || jsonb_build_object('orderId', pseudonym), partition_key = pseudonym,
        correlation_id = NULL,
        -- The MessageId that a sender chose, which may contain the order id.
        causation_id = NULL
    FROM subject
    WHERE o.published_at IS NOT NULL
      AND o.partition_key = subject.order_id
      -- A product may have the same id.
      AND o.message_body ->> 'orderId' = subject.order_id
    RETURNING o.message_id
), dead AS (
    DELETE FROM inbox
    USING subject
    WHERE partition_key = inbox_key
      AND dead_at IS NOT NULL
      AND message_body ->> 'orderId' = order_id
    RETURNING message_id
), handled AS (
    -- Those that were parked and have been handled since are kept, so that their duplicates are recognised.
    UPDATE inbox
    SET partition_key = NULL, source_message_id = NULL, correlation_id = NULL, error_message = NULL
    FROM subject
    WHERE partition_key = inbox_key
      AND processed_at IS NOT NULL
)
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM reservations) AS reservations,
       (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM dead) AS "deadMessages"
