-- Takes a message in: one row the first time, none for a message that is already there.
-- A concurrent delivery of the same message waits here for the other's commit.
-- processed_at is set at once: the row is committed with the work, or not at all.
-- Run by the inbox repository; parameters in its notation.
INSERT INTO inbox (message_id, message_type, message_body, processed_at)
VALUES (:messageId, :messageType, CAST(:messageBody AS jsonb), now())
ON CONFLICT (message_id) DO NOTHING
