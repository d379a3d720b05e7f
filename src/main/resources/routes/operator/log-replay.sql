-- Notes that a failed message was handled again: by whom, why, and what it had failed with.
INSERT INTO message_replays (source, message_id, message_type, error_message, replayed_by, reason)
VALUES (:#source, :#messageId, :#messageType, nullif(:#errorMessage, ''), :#replayedBy, :#reason)
