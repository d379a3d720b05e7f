-- A page of the read model in the order of product ids.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(json_build_object(
        'productId', product_id,
        'totalReservations', total_reservations,
        'totalReservedQuantity', total_reserved_quantity,
        'totalInsufficientCount', total_insufficient_count,
        'totalReleasedCount', total_released_count,
        'totalCommittedCount', total_committed_count,
        'totalCommittedQuantity', total_committed_quantity,
        'totalReceivedQuantity', total_received_quantity,
        'lastReservationAt', utc(last_reservation_at),
        'lastInsufficientAt', utc(last_insufficient_at),
        'lastReleasedAt', utc(last_released_at),
        'lastCommittedAt', utc(last_committed_at))), '[]'),
    'next', (array_agg(product_id))[CAST(:#limit AS integer)]) AS text)
FROM (
    SELECT *
    FROM inventory_summary
    WHERE product_id > :#after
    ORDER BY product_id
    LIMIT CAST(:#limit AS integer)
) AS page
