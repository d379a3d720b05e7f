-- What the relay asks, apart for events that are new and for those that the broker has refused: however many are put off until
-- later, none of them is passed on the way to a new one.
CREATE INDEX idx_outbox_new ON outbox (sequence)
    WHERE published_at IS NULL AND next_retry_at IS NULL;

CREATE INDEX idx_outbox_refused ON outbox (sequence)
    WHERE published_at IS NULL AND next_retry_at IS NOT NULL;

CREATE INDEX idx_outbox_due ON outbox (next_retry_at)
    WHERE published_at IS NULL AND next_retry_at IS NOT NULL;

-- These two are in its place.
DROP INDEX idx_outbox_unpublished;

-- No statement asks for what these find, and each row would pay for its entry: reservations of a product are looked for among
-- the live ones only, parked messages by when they are due.
DROP INDEX idx_reservations_product_id;
DROP INDEX idx_inbox_unprocessed;
