-- The inbox as a retry queue. A message that keeps failing is parked here and acknowledged to the broker:
-- a row without processed_at, which is taken up at next_retry_at, or is dead once it has failed too often.
ALTER TABLE inbox
    -- Filled for messages that were parked: what it takes to handle them later.
    ADD COLUMN source_message_id text,
    ADD COLUMN correlation_id    text,
    ADD COLUMN traceparent       text,
    -- Parked messages of one key are handled in their order, and hold back later ones of the key.
    ADD COLUMN partition_key     text,
    ADD COLUMN parked_sequence   bigint,
    ADD COLUMN dead_at           timestamptz;

CREATE SEQUENCE inbox_parked_sequence OWNED BY inbox.parked_sequence;

-- What is due, and is there an older one of the same key.
CREATE INDEX idx_inbox_parked ON inbox (next_retry_at)
    WHERE processed_at IS NULL AND dead_at IS NULL;

CREATE INDEX idx_inbox_parked_key ON inbox (partition_key, parked_sequence)
    WHERE processed_at IS NULL AND dead_at IS NULL;

CREATE INDEX idx_inbox_dead ON inbox (dead_at)
    WHERE dead_at IS NOT NULL;
