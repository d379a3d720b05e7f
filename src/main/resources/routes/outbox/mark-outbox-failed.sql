-- Delays the events that the broker refused: 1 s, 2 s, 4 s … up to the longest delay, less up to
-- half of it at random, so that not all come back at the same moment.
UPDATE outbox AS o
SET retry_count   = o.retry_count + 1,
    next_retry_at = now() + make_interval(secs => least(power(2, least(o.retry_count, 30)), CAST(:#retryDelayMax AS double precision))
                                                        * (1 - random() / 2)),
    error_message = failure.error_message
FROM unnest(CAST(:#failed AS uuid[]), CAST(:#errors AS text[])) AS failure (message_id, error_message)
WHERE o.message_id = failure.message_id
