-- What waits, and how long: each column is the metric of its name. Every answer is found by an index over what is
-- unfinished; counts end at 100,000. What is finished, however much, is not looked at.
SELECT (SELECT count(*) FROM (
           SELECT FROM inbox WHERE processed_at IS NULL AND dead_at IS NULL LIMIT 100000) AS waiting) AS "inventory.inbox.parked",
       (SELECT count(*) FROM (
           SELECT FROM inbox WHERE dead_at IS NOT NULL LIMIT 100000) AS dead) AS "inventory.inbox.dead",
       least(new.events + refused.events, 100000) AS "inventory.outbox.pending",
       refused.events AS "inventory.outbox.refused",
       coalesce(extract(epoch FROM clock_timestamp() - least(new.oldest, refused.oldest)), 0) AS "inventory.outbox.age",
       coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - min(expires_at)), 0)
                 FROM inventory_reservations WHERE status = 'Reserved'), 0) AS "inventory.expiry.lag",
       (SELECT count(*) FROM (SELECT FROM inventory_orders_waiting LIMIT 100000) AS waiting) AS "inventory.orders.waiting",
       (SELECT count(*) FROM (SELECT FROM outbox_unprojected LIMIT 100000) AS waiting) AS "inventory.summary.pending",
       coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)
                 FROM outbox_unprojected JOIN outbox USING (message_id)
                 ORDER BY outbox_unprojected.sequence
                 LIMIT 1), 0) AS "inventory.summary.lag"
FROM (SELECT count(*) AS events, min(created_at) AS oldest
      FROM (SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NULL
            ORDER BY sequence LIMIT 100000) AS event) AS new,
     (SELECT count(*) AS events, min(created_at) AS oldest
      FROM (SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NOT NULL
            ORDER BY sequence LIMIT 100000) AS event) AS refused
