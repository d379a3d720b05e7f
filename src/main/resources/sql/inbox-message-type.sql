-- What kind of messages were taken in under message ids. Run by the inbox repository.
SELECT message_id, message_type FROM inbox WHERE message_id = ANY (CAST(:messageId AS uuid[]))
