-- Marks the events that the broker has acknowledged.
UPDATE outbox
SET published_at = now(), next_retry_at = NULL, error_message = NULL
WHERE message_id = ANY (:#published)
