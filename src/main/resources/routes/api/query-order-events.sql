-- A page of the events of an order, in their order; null if the order is unknown. Events that retention has deleted are missing.
SELECT CAST((
    SELECT json_build_object(
        'items', coalesce(json_agg(event), '[]'),
        'next', (array_agg(sequence))[CAST(:#limit AS integer)])
    FROM (
        SELECT sequence, event
        FROM (
            -- In two parts, because each has an index of its own.
            (SELECT sequence, event
             FROM outbox_event
             WHERE published_at IS NOT NULL AND partition_key = :#orderId AND sequence > CAST(:#after AS bigint)
               -- A product may have the same id.
               AND order_id = :#orderId
             ORDER BY sequence
             LIMIT CAST(:#limit AS integer))
            UNION ALL
            (SELECT sequence, event
             FROM outbox_event
             WHERE published_at IS NULL AND partition_key = :#orderId AND sequence > CAST(:#after AS bigint)
               AND order_id = :#orderId
             ORDER BY sequence
             LIMIT CAST(:#limit AS integer))
        ) AS both_kinds
        ORDER BY sequence
        LIMIT CAST(:#limit AS integer)
    ) AS page
    HAVING EXISTS (SELECT FROM inventory_orders WHERE order_id = :#orderId)) AS text)
