-- Parks a message whose retries in the process have failed: its first attempt. If its id belongs to a message of another type or
-- with other content, it is parked under an id of its own.
-- Answers 'parked'; 'dead' if only one attempt is allowed; 'known' if another delivery has put it into the inbox already; null if
-- another message took its id at this moment, and nothing was done.
WITH message AS (
    SELECT CAST(:#messageId AS uuid) AS message_id, CAST(:#messageType AS text) AS message_type,
           decode(:#contentHash, 'hex') AS content_hash
), known AS (
    SELECT inbox.message_type = message.message_type
           AND coalesce(inbox.content_hash = message.content_hash, true) AS same
    FROM inbox JOIN message USING (message_id)
), parked AS (
    INSERT INTO inbox
        (message_id, message_type, content_hash, message_body, partition_key, parked_sequence, source_message_id, correlation_id,
         traceparent, tracestate, retry_count, next_retry_at, dead_at, error_message)
    SELECT CASE WHEN EXISTS (SELECT FROM known WHERE NOT same) THEN CAST(:#ownMessageId AS uuid) ELSE message_id END,
           message_type, content_hash, CAST(:#messageBody AS jsonb), :#partitionKey, nextval('inbox_parked_sequence'),
           :#sourceMessageId, :#correlationId, :#traceparent, :#tracestate,
           1, now() + make_interval(secs => CAST(:#parkedDelay AS double precision) * (1 - random() / 2)),
           CASE WHEN CAST(:#maxAttempts AS integer) <= 1 THEN now() END, :#error
    FROM message
    ON CONFLICT (message_id) DO NOTHING
    RETURNING CASE WHEN dead_at IS NULL THEN 'parked' ELSE 'dead' END AS outcome
)
SELECT coalesce((SELECT outcome FROM parked), (SELECT 'known' FROM known WHERE same)) AS outcome
