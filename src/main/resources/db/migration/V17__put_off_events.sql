-- The relay's first question, asked apart for events that are new and for those that the broker has refused: however many
-- are put off until later, none of them is passed on the way to a new one.
CREATE INDEX idx_outbox_new ON outbox (sequence)
    WHERE published_at IS NULL AND next_retry_at IS NULL;

CREATE INDEX idx_outbox_due ON outbox (next_retry_at)
    WHERE published_at IS NULL AND next_retry_at IS NOT NULL;
