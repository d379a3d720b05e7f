-- Parks a dead message again, or all of them if none is named, and records who wanted it and why.
-- Answers how many there were.
WITH revived AS (
    UPDATE inbox
    SET dead_at = NULL, retry_count = 0, next_retry_at = now()
    WHERE dead_at IS NOT NULL
      AND message_id = coalesce(CAST(:#messageId AS uuid), message_id)
    RETURNING message_id, message_type, error_message
), logged AS (
    INSERT INTO message_replays (source, message_id, message_type, error_message, replayed_by, reason)
    SELECT 'inbox', CAST(message_id AS text), message_type, error_message, :#replayedBy, :#reason
    FROM revived
)
SELECT count(*) FROM revived
