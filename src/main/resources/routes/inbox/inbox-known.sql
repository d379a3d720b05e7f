-- The type and the content hash of messages whose ids are in the inbox; the hash is null if it was not kept yet.
-- Run by the inbox repository.
SELECT message_id, message_type, encode(content_hash, 'hex') AS content_hash
FROM inbox
WHERE message_id = ANY (CAST(:messageId AS uuid[]))
