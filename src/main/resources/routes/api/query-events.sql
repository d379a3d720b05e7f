-- The last events, the newest first: of those that are published, are new and were refused, each by its own index.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(json_build_object(
        'sequence', sequence,
        'messageId', message_id,
        'type', message_type,
        'createdAt', utc(created_at),
        'publishedAt', utc(published_at),
        'body', message_body)), '[]')) AS text)
FROM (
    SELECT *
    FROM (
        (SELECT * FROM outbox WHERE published_at IS NOT NULL ORDER BY published_at DESC LIMIT CAST(:#limit AS integer))
        UNION ALL
        (SELECT * FROM outbox WHERE published_at IS NULL AND next_retry_at IS NULL
         ORDER BY sequence DESC LIMIT CAST(:#limit AS integer))
        UNION ALL
        (SELECT * FROM outbox WHERE published_at IS NULL AND next_retry_at IS NOT NULL
         ORDER BY sequence DESC LIMIT CAST(:#limit AS integer))
    ) AS each_kind
    ORDER BY sequence DESC
    LIMIT CAST(:#limit AS integer)
) AS last
