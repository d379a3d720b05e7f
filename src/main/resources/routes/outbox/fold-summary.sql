-- Folds the next events into the read model, each once: what is taken from the list of those that wait
-- is added in the same transaction. One instance folds at a time, in the order of the events, so that no
-- count is ever wrong meanwhile; another one that tries finds nothing to do.
-- Answers how many events were taken.
WITH taken AS (
    DELETE FROM outbox_unprojected
    WHERE sequence = ANY (ARRAY(
        SELECT sequence
        FROM outbox_unprojected
        WHERE (SELECT pg_try_advisory_xact_lock(hashtext(concat(nullif(current_schema(), 'public'), 'inventory_summary'))))
        ORDER BY sequence
        LIMIT CAST(:#batchSize AS integer)))
    RETURNING message_id
), folded AS (
    INSERT INTO inventory_summary AS s
        (product_id, total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count,
         total_committed_count, total_committed_quantity, total_received_quantity,
         last_reservation_at, last_insufficient_at, last_released_at, last_committed_at, folded_at)
    SELECT product_id, sum(reservations), sum(reserved_change), sum(insufficient), sum(released),
           sum(committed), sum(committed_change), sum(received_change),
           max(reservation_at), max(insufficient_at), max(released_at), max(committed_at), clock_timestamp()
    FROM inventory_summary_changes
    WHERE message_id IN (SELECT message_id FROM taken)
    GROUP BY product_id
    ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE
    SET total_reservations       = s.total_reservations + excluded.total_reservations,
        total_reserved_quantity  = s.total_reserved_quantity + excluded.total_reserved_quantity,
        total_insufficient_count = s.total_insufficient_count + excluded.total_insufficient_count,
        total_released_count     = s.total_released_count + excluded.total_released_count,
        total_committed_count    = s.total_committed_count + excluded.total_committed_count,
        total_committed_quantity = s.total_committed_quantity + excluded.total_committed_quantity,
        total_received_quantity  = s.total_received_quantity + excluded.total_received_quantity,
        last_reservation_at      = greatest(s.last_reservation_at, excluded.last_reservation_at),
        last_insufficient_at     = greatest(s.last_insufficient_at, excluded.last_insufficient_at),
        last_released_at         = greatest(s.last_released_at, excluded.last_released_at),
        last_committed_at        = greatest(s.last_committed_at, excluded.last_committed_at),
        folded_at                = greatest(s.folded_at, excluded.folded_at)
)
SELECT count(*) FROM taken
