-- What waits, and for how long, in seconds. Counts end at :#countLimit, so that a large backlog is not read through;
-- the age of parked and dead messages is that of the oldest that was counted. What the broker has dead-lettered was counted before.
SELECT CAST(json_build_object(
    'inbox', (
        SELECT json_build_object('parked', count(*), 'oldestAge', age_of(min(received_at)))
        FROM (SELECT received_at FROM inbox WHERE processed_at IS NULL AND dead_at IS NULL
              ORDER BY next_retry_at LIMIT CAST(:#countLimit AS integer)) AS parked),
    'dead', (
        SELECT json_build_object('messages', count(*), 'oldestAge', age_of(min(dead_at)))
        FROM (SELECT dead_at FROM inbox WHERE dead_at IS NOT NULL
              ORDER BY dead_at LIMIT CAST(:#countLimit AS integer)) AS dead),
    'outbox', (
        SELECT json_build_object('unpublished', count(*), 'oldestAge', age_of(min(created_at)))
        FROM ((SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NOT NULL
               ORDER BY sequence LIMIT CAST(:#countLimit AS integer))
              UNION ALL
              (SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NULL
               ORDER BY sequence LIMIT CAST(:#countLimit AS integer))
              LIMIT CAST(:#countLimit AS integer)) AS unpublished),
    'summary', (
        SELECT json_build_object('behind', count(*), 'oldestAge', (
            SELECT age_of(min(created_at))
            FROM outbox
            WHERE message_id = (SELECT message_id FROM outbox_unprojected ORDER BY sequence LIMIT 1)))
        FROM (SELECT FROM outbox_unprojected LIMIT CAST(:#countLimit AS integer)) AS behind),
    'orders', (
        SELECT json_build_object('waiting', count(*), 'oldestAge', age_of(min(created_at)))
        FROM (SELECT created_at FROM inventory_orders_waiting
              ORDER BY created_at LIMIT CAST(:#countLimit AS integer)) AS waiting),
    'deadLetters', CAST(:#deadLetters AS json),
    'countLimit', CAST(:#countLimit AS integer),
    'at', utc(now())) AS text)
