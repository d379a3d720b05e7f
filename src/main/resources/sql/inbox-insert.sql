-- Takes a message in: one row the first time, none for a message that is already there.
-- A concurrent delivery of the same message waits here for the other's commit.
-- processed_at is set at once: the row is committed with the work, or not at all. But if an older message
-- of the same order (or product, for commands) is parked, this one is parked behind it.
-- The events of this transaction take their enqueued_at from the setting that is made here.
-- Answers whether the message is to be handled now. Run by the inbox repository; parameters in its notation.
WITH message AS (
    SELECT body, coalesce(body ->> 'orderId', body ->> 'productId') AS key,
           set_config('inventory.enqueued_at', CAST(CAST(:enqueuedAt AS timestamptz) AS text), true) AS enqueued_at
    FROM CAST(:messageBody AS jsonb) AS body
), place AS MATERIALIZED (
    SELECT body, key, EXISTS (
        SELECT FROM inbox
        WHERE partition_key = key AND processed_at IS NULL AND dead_at IS NULL) AS parked
    FROM message
)
INSERT INTO inbox
    (message_id, message_type, message_body, processed_at,
     next_retry_at, partition_key, parked_sequence, source_message_id, correlation_id, traceparent)
SELECT :messageId, :messageType, body, CASE WHEN NOT parked THEN now() END,
       CASE WHEN parked THEN now() END,
       CASE WHEN parked THEN key END,
       CASE WHEN parked THEN nextval('inbox_parked_sequence') END,
       CASE WHEN parked THEN CAST(:sourceMessageId AS text) END,
       CASE WHEN parked THEN CAST(:correlationId AS text) END,
       CASE WHEN parked THEN CAST(:traceparent AS text) END
FROM place
ON CONFLICT (message_id) DO NOTHING
RETURNING processed_at IS NOT NULL
