-- The messages that were given up, the latest first. Not their bodies, which may say where a customer lives.
SELECT CAST(message_id AS text) AS "messageId", source_message_id AS "sourceMessageId", message_type AS "messageType",
       partition_key AS "partitionKey", received_at AS "receivedAt", dead_at AS "deadAt",
       retry_count AS attempts, error_message AS error
FROM inbox
WHERE dead_at IS NOT NULL
ORDER BY dead_at DESC
LIMIT CAST(:#limit AS integer)
