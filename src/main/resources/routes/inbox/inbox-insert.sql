-- Accepts messages: inserts one row for each new message, none for a known one.
-- The parameters are arrays with an element for each message, in arrival order.
-- A concurrent delivery of a message waits here for the other's commit; the rows are made in order of their ids, so that two
-- batches do not wait for each other. If two messages have one id, the first makes the row.
-- processed_at is set at once: the row is committed with the work, or not at all. But if an older message
-- of the same key (order, or product for commands) is parked, this one is parked behind it, and its body is kept.
-- The events of this transaction take their enqueued_at from the setting that is made here, the earliest of the messages.
-- lockWait is how long the transaction waits for a lock from here on; if it is null, the session's setting applies.
-- Answers for each new message whether to handle it now. Run by the inbox repository; parameters in its notation.
WITH message AS (
    SELECT *, set_config('inventory.enqueued_at', CAST(min(CAST(enqueued_at AS timestamptz)) OVER () AS text), true) AS setting,
           set_config('lock_timeout', coalesce(CAST(:lockWait AS text), current_setting('lock_timeout')), true) AS lock_timeout
    FROM unnest(CAST(:messageId AS uuid[]), CAST(:messageType AS text[]), CAST(:messageBody AS text[]), CAST(:contentHash AS text[]),
                CAST(:partitionKey AS text[]), CAST(:sourceMessageId AS text[]), CAST(:correlationId AS text[]),
                CAST(:traceparent AS text[]), CAST(:tracestate AS text[]), CAST(:enqueuedAt AS text[])) WITH ORDINALITY
        AS message (message_id, message_type, body, content_hash, key, source_message_id, correlation_id, traceparent, tracestate,
                    enqueued_at, arrival)
), place AS MATERIALIZED (
    SELECT *, EXISTS (
        SELECT FROM inbox
        WHERE partition_key = key AND processed_at IS NULL AND dead_at IS NULL
        -- Looked up for each message, instead of joining all parked ones.
        OFFSET 0) AS parked
    FROM message
)
INSERT INTO inbox
    (message_id, message_type, content_hash, message_body, processed_at,
     next_retry_at, partition_key, parked_sequence, source_message_id, correlation_id, traceparent, tracestate)
SELECT message_id, message_type, decode(content_hash, 'hex'),
       CASE WHEN parked THEN CAST(body AS jsonb) END,
       CASE WHEN NOT parked THEN now() END,
       CASE WHEN parked THEN now() END,
       CASE WHEN parked THEN key END,
       CASE WHEN parked THEN nextval('inbox_parked_sequence') END,
       CASE WHEN parked THEN source_message_id END,
       CASE WHEN parked THEN correlation_id END,
       CASE WHEN parked THEN traceparent END,
       CASE WHEN parked THEN tracestate END
FROM place
ORDER BY message_id, arrival
ON CONFLICT (message_id) DO NOTHING
RETURNING message_id, processed_at IS NOT NULL AS to_handle
