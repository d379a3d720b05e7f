-- When the broker took the message that caused the event; null for what no message has caused. Taken from a setting of the
-- transaction, inventory.enqueued_at, which is made once where the message is taken in.
ALTER TABLE outbox ADD COLUMN enqueued_at timestamptz;
ALTER TABLE outbox ALTER COLUMN enqueued_at
    SET DEFAULT CAST(nullif(current_setting('inventory.enqueued_at', true), '') AS timestamptz);
