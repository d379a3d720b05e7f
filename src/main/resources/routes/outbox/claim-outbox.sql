-- Claims the next events to publish: locks them against other relays until this transaction ends.
-- Only the oldest unpublished event of a partition_key can be claimed; the relay that has it may
-- claim younger ones of the key with it. So the events of an order are published in their order,
-- whatever the number of relays, and an event that waits for a retry holds back only its own order.
WITH new AS (
    SELECT o.partition_key
    FROM outbox AS o
    WHERE o.published_at IS NULL
      AND o.next_retry_at IS NULL
      AND NOT EXISTS (
          SELECT FROM outbox AS older
          WHERE older.published_at IS NULL
            AND older.partition_key = o.partition_key
            AND older.sequence < o.sequence
          -- Looked up for each event until there are enough, instead of joining the whole backlog.
          OFFSET 0)
    ORDER BY o.sequence
    LIMIT CAST(:#batchSize AS integer)
    FOR UPDATE SKIP LOCKED
), due AS (
    -- A query of its own, so that the search for new events does not read those that are delayed.
    SELECT o.partition_key
    FROM outbox AS o
    WHERE o.published_at IS NULL
      AND o.next_retry_at <= now()
      AND NOT EXISTS (
          SELECT FROM outbox AS older
          WHERE older.published_at IS NULL
            AND older.partition_key = o.partition_key
            AND older.sequence < o.sequence
          OFFSET 0)
    ORDER BY o.next_retry_at
    LIMIT CAST(:#batchSize AS integer)
    FOR UPDATE SKIP LOCKED
)
SELECT o.message_id, o.message_type, CAST(o.message_body AS text) AS message_body,
       o.partition_key, o.correlation_id, o.causation_id, o.traceparent, o.tracestate, o.created_at, o.enqueued_at,
       CASE o.message_type WHEN 'InventoryReleased' THEN o.message_body ->> 'reason' END AS release_reason
FROM (TABLE new UNION ALL TABLE due) AS head, LATERAL (
    SELECT *
    FROM outbox
    WHERE published_at IS NULL
      AND partition_key = head.partition_key
    ORDER BY sequence
    LIMIT CAST(:#batchSize AS integer)) AS o
ORDER BY o.sequence
LIMIT CAST(:#batchSize AS integer)
