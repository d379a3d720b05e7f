-- The events to be published, written in the transaction that they report and sent by the relay afterwards. message_id is the
-- MessageId on the broker, so that subscribers can recognise an event that is sent again after a crash.
CREATE TABLE outbox (
    message_id      uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    -- Order of publication. Rows of one partition_key are written one transaction after the other, so their order here is the order
    -- of their commits.
    sequence        bigint      GENERATED ALWAYS AS IDENTITY,
    message_type    text        NOT NULL,
    message_body    jsonb       NOT NULL,
    -- Messages of one key are published in their order: the order id, or the product id where there is none.
    partition_key   text        NOT NULL,
    correlation_id  text,
    -- The MessageId of the message that caused this one, as its sender wrote it, and its W3C Trace Context.
    causation_id    text,
    traceparent     text,
    tracestate      text,
    -- When the broker received that message; null if no message caused the event. Taken from a setting of the transaction, which is set
    -- once, where the message is accepted.
    enqueued_at     timestamptz DEFAULT CAST(nullif(current_setting('inventory.enqueued_at', true), '') AS timestamptz),
    created_at      timestamptz NOT NULL DEFAULT now(),
    published_at    timestamptz,
    retry_count     integer     NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    next_retry_at   timestamptz,
    error_message   text,
    -- By how much the event changes the reserved stock of its product. Not sent.
    reserved_change integer     NOT NULL DEFAULT 0
);

COMMENT ON COLUMN outbox.tracestate IS 'W3C Trace Context of the message that caused this one; null if it had none';

-- For the relay: which events are new, and which of those that the broker has refused are due. Separate indexes, so that the search for a
-- new one does not read the refused ones, however many there are.
CREATE INDEX idx_outbox_new ON outbox (sequence)
    WHERE published_at IS NULL AND next_retry_at IS NULL;

CREATE INDEX idx_outbox_refused ON outbox (sequence)
    WHERE published_at IS NULL AND next_retry_at IS NOT NULL;

CREATE INDEX idx_outbox_due ON outbox (next_retry_at)
    WHERE published_at IS NULL AND next_retry_at IS NOT NULL;

-- For the relay: whether there is an older one of the same key.
CREATE INDEX idx_outbox_unpublished_key ON outbox (partition_key, sequence)
    WHERE published_at IS NULL;

-- The history of an order. Its unpublished events are in the index above, so that the relay fills this one, not the transaction of the
-- order.
CREATE INDEX idx_outbox_published_key ON outbox (partition_key, sequence)
    WHERE published_at IS NOT NULL;

-- Finds the events that are old enough to be purged.
CREATE INDEX idx_outbox_published ON outbox (published_at)
    WHERE published_at IS NOT NULL;

-- As of inventory_reservations.status.
ALTER TABLE outbox ALTER COLUMN published_at SET STATISTICS 0;

-- Each event that is published leaves a dead entry where the relay looks for the next one.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, vacuum_index_cleanup = on);
