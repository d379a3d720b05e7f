-- Makes the read model anew: from what is archived of purged events, and the events of the outbox that were
-- folded before. Those that wait to be folded go on waiting. The caller keeps everyone else from folding.
-- Answers the number of products.
WITH part AS (
    SELECT product_id, total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count,
           total_committed_count, total_committed_quantity, total_received_quantity,
           last_reservation_at, last_insufficient_at, last_released_at, last_committed_at
    FROM inventory_summary_archive
    UNION ALL
    SELECT product_id, reservations, reserved_change, insufficient, released,
           committed, committed_change, received_change,
           reservation_at, insufficient_at, released_at, committed_at
    FROM inventory_summary_changes
    WHERE sequence NOT IN (SELECT sequence FROM outbox_unprojected)
), rebuilt AS (
    INSERT INTO inventory_summary
        (product_id, total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count,
         total_committed_count, total_committed_quantity, total_received_quantity,
         last_reservation_at, last_insufficient_at, last_released_at, last_committed_at, folded_at)
    SELECT product_id, sum(total_reservations), sum(total_reserved_quantity), sum(total_insufficient_count), sum(total_released_count),
           sum(total_committed_count), sum(total_committed_quantity), sum(total_received_quantity),
           max(last_reservation_at), max(last_insufficient_at), max(last_released_at), max(last_committed_at), clock_timestamp()
    FROM part
    GROUP BY product_id
    RETURNING product_id
)
SELECT count(*) FROM rebuilt
