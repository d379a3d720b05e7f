-- Folds the next events into the read model, each once: an event leaves the list of unfolded ones in the
-- transaction that adds it. One instance folds at a time, in the order of the events, so that no count is
-- ever wrong meanwhile; another one that tries finds nothing to do.
-- Answers how many events were folded.
WITH taken AS (
    DELETE FROM outbox_unprojected
    WHERE sequence = ANY (ARRAY(
        SELECT sequence
        FROM outbox_unprojected
        WHERE (SELECT pg_try_advisory_xact_lock(hashtext(concat(nullif(current_schema(), 'public'), 'inventory_summary'))))
        ORDER BY sequence
        LIMIT CAST(:#batchSize AS integer)))
    RETURNING message_id
)
SELECT add_to_summary('inventory_summary', ARRAY(SELECT message_id FROM taken)) AS count
