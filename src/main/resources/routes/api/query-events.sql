-- The last events, the newest first: published, new and refused ones, each found by an index of its own.
SELECT CAST(json_build_object('items', coalesce(json_agg(event), '[]')) AS text)
FROM (
    SELECT event
    FROM (
        (SELECT sequence, event FROM outbox_event WHERE published_at IS NOT NULL
         ORDER BY published_at DESC LIMIT CAST(:#limit AS integer))
        UNION ALL
        (SELECT sequence, event FROM outbox_event WHERE published_at IS NULL AND next_retry_at IS NULL
         ORDER BY sequence DESC LIMIT CAST(:#limit AS integer))
        UNION ALL
        (SELECT sequence, event FROM outbox_event WHERE published_at IS NULL AND next_retry_at IS NOT NULL
         ORDER BY sequence DESC LIMIT CAST(:#limit AS integer))
    ) AS each_kind
    ORDER BY sequence DESC
    LIMIT CAST(:#limit AS integer)
) AS last
