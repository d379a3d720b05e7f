-- What kind of message was taken in under a message id. Run by the inbox repository.
SELECT message_type FROM inbox WHERE message_id = :messageId
