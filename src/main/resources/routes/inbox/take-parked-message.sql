-- Takes the parked message that has been due longest, and locks it until this transaction ends. Only the oldest message of a key can be
-- taken. If the transaction commits, it counts as processed, and its body is not kept any longer.
-- Answers the message as the parameters of a handler's SQL; nothing when none is due.
WITH due AS MATERIALIZED (
    SELECT message_id, message_body
    FROM inbox AS parked
    WHERE processed_at IS NULL
      AND dead_at IS NULL
      AND next_retry_at <= now()
      AND NOT EXISTS (
          SELECT FROM inbox AS older
          WHERE older.processed_at IS NULL
            AND older.dead_at IS NULL
            AND older.partition_key = parked.partition_key
            AND older.parked_sequence < parked.parked_sequence
          -- Looked up for each message until there is one, instead of joining all parked ones.
          OFFSET 0)
    ORDER BY next_retry_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE inbox
SET processed_at = now(), next_retry_at = NULL, message_body = NULL
FROM due
WHERE inbox.message_id = due.message_id
RETURNING inbox.message_id AS "messageId", message_type AS "messageType", CAST(due.message_body AS text) AS "messageBody",
          encode(content_hash, 'hex') AS "contentHash", partition_key AS "partitionKey", source_message_id AS "sourceMessageId",
          due.message_body ->> 'orderId' AS "orderId", correlation_id AS "correlationId", traceparent, tracestate,
          retry_count AS "retryCount",
          -- The latency of its events counts from here, because the broker's time is not kept.
          set_config('inventory.enqueued_at', CAST(received_at AS text), true) AS "enqueuedAt",
          -- Short, because other parked messages wait meanwhile, and this one is retried later.
          set_config('lock_timeout', '400ms', true) AS "lockWait"
