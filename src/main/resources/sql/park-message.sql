-- Parks a message that has failed in spite of the retries in the process: its first attempt.
-- Nothing happens if it is in the inbox already, by another delivery.
-- Answers 'parked', or 'dead' when there is to be one attempt only.
INSERT INTO inbox
    (message_id, message_type, message_body, partition_key, parked_sequence, source_message_id, correlation_id, traceparent,
     retry_count, next_retry_at, dead_at, error_message)
SELECT :#messageId, :#messageType, body, coalesce(body ->> 'orderId', body ->> 'productId'), nextval('inbox_parked_sequence'),
       :#sourceMessageId, :#correlationId, :#traceparent,
       1, now() + CAST(:#parkedDelay AS interval) * (1 - random() / 2),
       CASE WHEN CAST(:#maxAttempts AS integer) <= 1 THEN now() END, :#error
FROM CAST(:#messageBody AS jsonb) AS body
ON CONFLICT (message_id) DO NOTHING
RETURNING CASE WHEN dead_at IS NULL THEN 'parked' ELSE 'dead' END
