-- The events to be published, written in the transaction that they tell of and sent
-- by the relay afterwards. message_id is the MessageId on the broker, so that a message
-- that is sent again after a crash can be told from a new one.
CREATE TABLE outbox (
    message_id     uuid        PRIMARY KEY,
    -- Order of publication. Rows of one partition_key are written one transaction after
    -- the other, so their order here is the order of their commits.
    sequence       bigint      GENERATED ALWAYS AS IDENTITY,
    message_type   text        NOT NULL,
    message_body   jsonb       NOT NULL,
    -- Messages of one key leave in their order: the order id, or the product id where there is none.
    partition_key  text        NOT NULL,
    correlation_id text,
    -- MessageId of the message that caused this one, as its sender wrote it.
    causation_id   text,
    -- W3C Trace Context of the message that caused this one.
    traceparent    text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    published_at   timestamptz,
    retry_count    integer     NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    next_retry_at  timestamptz,
    error_message  text
);

-- The relay's two questions: what is next, and is there an older one of the same key.
CREATE INDEX idx_outbox_unpublished ON outbox (sequence)
    WHERE published_at IS NULL;

CREATE INDEX idx_outbox_unpublished_key ON outbox (partition_key, sequence)
    WHERE published_at IS NULL;
