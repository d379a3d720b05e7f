-- Records a replayed message: who replayed it, why, and the error with which it had failed.
INSERT INTO message_replays (source, message_id, message_type, error_message, replayed_by, reason)
VALUES (:#source, :#messageId, :#messageType, nullif(:#errorMessage, ''), :#replayedBy, :#reason)
