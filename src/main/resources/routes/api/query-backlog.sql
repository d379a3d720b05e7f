-- The backlog, with ages in seconds. Counts end at :#countLimit. The dead letters of the broker were counted before.
SELECT CAST(json_build_object(
    'inbox', json_build_object('parked', parked, 'oldestAge', age_of(parked_since)),
    'dead', json_build_object('messages', dead, 'oldestAge', age_of(dead_since)),
    'outbox', json_build_object('unpublished', unpublished, 'oldestAge', age_of(unpublished_since)),
    'summary', json_build_object('behind', unfolded, 'oldestAge', age_of(unfolded_since)),
    'orders', json_build_object('waiting', orders_waiting, 'oldestAge', age_of(orders_waiting_since)),
    'deadLetters', CAST(:#deadLetters AS json),
    'countLimit', CAST(:#countLimit AS integer),
    'at', utc(now())) AS text)
FROM backlog(CAST(:#countLimit AS integer))
