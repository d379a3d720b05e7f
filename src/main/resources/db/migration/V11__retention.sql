-- What is old enough to be purged.
CREATE INDEX idx_inbox_processed ON inbox (processed_at)
    WHERE processed_at IS NOT NULL;

CREATE INDEX idx_outbox_published ON outbox (published_at)
    WHERE published_at IS NOT NULL;
