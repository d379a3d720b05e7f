-- The accepted messages. The primary key makes a second delivery of a message a duplicate; the row is committed with the work that the
-- message causes, or not at all. The id, the type and the hash of the content of a processed message are kept, to recognise duplicates.
-- The inbox is a retry queue too. A message that keeps failing is parked here and acknowledged to the broker: a row without
-- processed_at, which is retried at next_retry_at, or is dead after too many failures.
CREATE TABLE inbox (
    message_id        uuid        PRIMARY KEY,
    message_type      text        NOT NULL,
    -- SHA-256 of the normalised message; if it is null, any content counts as the same.
    content_hash      bytea,
    message_body      jsonb,
    received_at       timestamptz NOT NULL DEFAULT now(),
    processed_at      timestamptz,
    retry_count       integer     NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    next_retry_at     timestamptz,
    error_message     text,
    dead_at           timestamptz,
    -- From here on only for parked messages. Those of one key are handled in their order, and hold back later ones of the key.
    partition_key     text,
    parked_sequence   bigint,
    source_message_id text,
    correlation_id    text,
    traceparent       text,
    tracestate        text
);

COMMENT ON COLUMN inbox.message_body IS 'The normalised message, until it is processed';

CREATE SEQUENCE inbox_parked_sequence OWNED BY inbox.parked_sequence;

-- Finds the messages that are due, and whether there is an older one of the same key.
CREATE INDEX idx_inbox_parked ON inbox (next_retry_at)
    WHERE processed_at IS NULL AND dead_at IS NULL;

CREATE INDEX idx_inbox_parked_key ON inbox (partition_key, parked_sequence)
    WHERE processed_at IS NULL AND dead_at IS NULL;

CREATE INDEX idx_inbox_dead ON inbox (dead_at)
    WHERE dead_at IS NOT NULL;

-- Finds the messages that are old enough to be purged.
CREATE INDEX idx_inbox_processed ON inbox (processed_at)
    WHERE processed_at IS NOT NULL;

-- Finds the messages of an order that were ever parked, for its erasure. Other messages have no key.
CREATE INDEX idx_inbox_key ON inbox (partition_key)
    WHERE partition_key IS NOT NULL;

-- As of inventory_reservations.status.
ALTER TABLE inbox ALTER COLUMN processed_at SET STATISTICS 0;

-- The key of an order's messages.
CREATE FUNCTION inbox_key(order_id text) RETURNS text
    LANGUAGE sql IMMUTABLE
RETURN 'order/' || order_id;

-- Who replayed a failed message, when and why: kept indefinitely, as the tables of V5__audit.sql.
CREATE TABLE message_replays (
    replay_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 'inbox', or the route that receives from the subscription whose dead-letter queue held it.
    source        text        NOT NULL,
    message_id    text        NOT NULL,
    message_type  text,
    -- The error with which it had failed.
    error_message text,
    replayed_by   text        NOT NULL,
    reason        text        NOT NULL,
    replayed_at   timestamptz NOT NULL DEFAULT now()
);
