-- Deletes the messages that were processed longest ago, past their retention. A message that is sent again
-- after that is new to the inbox; the order that it is about still has its outcome.
-- Answers how many there were.
WITH purged AS (
    DELETE FROM inbox
    WHERE message_id = ANY (ARRAY(
        SELECT message_id
        FROM inbox
        WHERE processed_at < now() - make_interval(secs => CAST(:#retention AS double precision))
        ORDER BY processed_at
        LIMIT CAST(:#batchSize AS integer)
        FOR UPDATE SKIP LOCKED))
    RETURNING message_id
)
SELECT count(*) FROM purged
