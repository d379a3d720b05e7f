-- What the read model says of one product; null if nothing has happened to it.
SELECT CAST((
    SELECT json_build_object(
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
        'lastCommittedAt', utc(last_committed_at))
    FROM inventory_summary
    WHERE product_id = :#productId) AS text)
