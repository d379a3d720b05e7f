-- How far the read model is behind: events that wait to be folded, and the age of the oldest of them in seconds.
SELECT (SELECT count(*) FROM outbox_unprojected) AS events,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)
                 FROM outbox_unprojected JOIN outbox USING (message_id)
                 ORDER BY outbox_unprojected.sequence
                 LIMIT 1), 0) AS age
