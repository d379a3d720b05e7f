-- The failed messages, the latest first. Without their bodies, which may contain a customer's address.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(json_build_object(
        'messageId', message_id,
        'sourceMessageId', source_message_id,
        'messageType', message_type,
        'partitionKey', partition_key,
        'receivedAt', utc(received_at),
        'deadAt', utc(dead_at),
        'attempts', retry_count,
        'error', error_message)), '[]')) AS text)
FROM (
    SELECT *
    FROM inbox
    WHERE dead_at IS NOT NULL
    ORDER BY dead_at DESC
    LIMIT CAST(:#limit AS integer)
) AS dead
