-- Deletes the messages that have been dead longest, past their retention. Parked messages are not deleted.
-- Answers how many there were.
WITH purged AS (
    DELETE FROM inbox
    WHERE message_id = ANY (ARRAY(
        SELECT message_id
        FROM inbox
        WHERE dead_at < now() - make_interval(secs => CAST(:#retention AS double precision))
        ORDER BY dead_at
        LIMIT CAST(:#batchSize AS integer)
        FOR UPDATE SKIP LOCKED))
    RETURNING message_id
)
SELECT count(*) FROM purged
