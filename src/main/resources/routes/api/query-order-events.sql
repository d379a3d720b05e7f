-- A page of what was told of an order, in order; null if the order is not known. What retention has deleted is missing.
SELECT CAST((
    SELECT json_build_object(
        'items', coalesce(json_agg(json_build_object(
            'sequence', sequence,
            'messageId', message_id,
            'type', message_type,
            'createdAt', utc(created_at),
            'publishedAt', utc(published_at),
            'body', message_body)), '[]'),
        'next', (array_agg(sequence))[CAST(:#limit AS integer)])
    FROM (
        SELECT *
        FROM (
            -- In two, for each has its own index.
            (SELECT *
             FROM outbox
             WHERE published_at IS NOT NULL AND partition_key = :#orderId AND sequence > CAST(:#after AS bigint)
               -- A product may have the same id.
               AND message_body ->> 'orderId' = :#orderId
             ORDER BY sequence
             LIMIT CAST(:#limit AS integer))
            UNION ALL
            (SELECT *
             FROM outbox
             WHERE published_at IS NULL AND partition_key = :#orderId AND sequence > CAST(:#after AS bigint)
               AND message_body ->> 'orderId' = :#orderId
             ORDER BY sequence
             LIMIT CAST(:#limit AS integer))
        ) AS both_kinds
        ORDER BY sequence
        LIMIT CAST(:#limit AS integer)
    ) AS page
    HAVING EXISTS (SELECT FROM inventory_orders WHERE order_id = :#orderId)) AS text)
