-- Delays a parked message that has failed once more: twice as long as the last time, up to the longest
-- delay, less up to half of it at random, so that not all come back at the same moment. After the
-- last attempt, or when no further one can help, it is dead.
-- Nothing happens if another instance has tried it meanwhile. Answers 'parked' or 'dead'.
UPDATE inbox
SET retry_count   = retry_count + 1,
    next_retry_at = now() + make_interval(secs => least(CAST(:#parkedDelay AS double precision) * power(2, least(retry_count, 30)),
                                                        CAST(:#parkedDelayMax AS double precision)) * (1 - random() / 2)),
    dead_at       = CASE WHEN :#hopeless OR retry_count + 1 >= CAST(:#maxAttempts AS integer) THEN now() END,
    error_message = :#error
WHERE message_id = :#messageId
  AND processed_at IS NULL
  AND retry_count = :#retryCount
RETURNING CASE WHEN dead_at IS NULL THEN 'parked' ELSE 'dead' END
