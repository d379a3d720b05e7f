-- Deletes the events that were published longest ago, past their retention, but for those that the read model does
-- not have yet. What they add to the read model is archived, for a rebuild to begin with.
-- Answers how many there were.
WITH purged AS (
    DELETE FROM outbox
    WHERE message_id = ANY (ARRAY(
        SELECT message_id
        FROM outbox
        WHERE published_at < now() - make_interval(secs => CAST(:#retention AS double precision))
          AND NOT EXISTS (SELECT FROM outbox_unprojected AS waiting WHERE waiting.sequence = outbox.sequence)
        ORDER BY published_at
        LIMIT CAST(:#batchSize AS integer)
        FOR UPDATE SKIP LOCKED))
    RETURNING message_id
), archived AS (
    INSERT INTO inventory_summary_archive AS s
        (product_id, total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count,
         total_committed_count, total_committed_quantity, total_received_quantity,
         last_reservation_at, last_insufficient_at, last_released_at, last_committed_at)
    SELECT product_id, sum(reservations), sum(reserved_change), sum(insufficient), sum(released),
           sum(committed), sum(committed_change), sum(received_change),
           max(reservation_at), max(insufficient_at), max(released_at), max(committed_at)
    FROM inventory_summary_changes
    WHERE message_id IN (SELECT message_id FROM purged)
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
        last_committed_at        = greatest(s.last_committed_at, excluded.last_committed_at)
)
SELECT count(*) FROM purged
