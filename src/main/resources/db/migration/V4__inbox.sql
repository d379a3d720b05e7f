-- The messages that were taken in. The primary key makes a second delivery of a
-- message a duplicate; the row is committed with the work the message caused, or not at all.
CREATE TABLE inbox (
    message_id    uuid        PRIMARY KEY,
    message_type  text        NOT NULL,
    message_body  jsonb       NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now(),
    processed_at  timestamptz,
    retry_count   integer     NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    next_retry_at timestamptz,
    error_message text
);

CREATE INDEX idx_inbox_unprocessed ON inbox (received_at)
    WHERE processed_at IS NULL;
