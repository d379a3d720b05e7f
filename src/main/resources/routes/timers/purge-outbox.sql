-- Deletes the events that were published longest ago, past their retention, except those that the read model does not
-- have yet. Their sums are archived, because a rebuild of the read model begins with them.
-- Answers how many there were.
WITH old AS MATERIALIZED (
    SELECT message_id
    FROM outbox
    WHERE published_at < now() - make_interval(secs => CAST(:#retention AS double precision))
      AND NOT EXISTS (SELECT FROM outbox_unprojected AS waiting WHERE waiting.sequence = outbox.sequence)
    ORDER BY published_at
    LIMIT CAST(:#batchSize AS integer)
    FOR UPDATE SKIP LOCKED
), archived AS MATERIALIZED (
    SELECT add_to_summary('inventory_summary_archive', ARRAY(SELECT message_id FROM old)) AS count
), purged AS (
    DELETE FROM outbox
    -- Read together, so that they are archived before the first is deleted.
    WHERE message_id = ANY (ARRAY(SELECT message_id FROM old, archived))
)
SELECT count FROM archived
