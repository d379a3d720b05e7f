-- Who had a failed message handled again, when and why.
CREATE TABLE message_replays (
    replay_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 'inbox', or the route that receives from the subscription whose dead-letter queue held it.
    source        text        NOT NULL,
    message_id    text        NOT NULL,
    message_type  text,
    -- What it had failed with.
    error_message text,
    replayed_by   text        NOT NULL,
    reason        text        NOT NULL,
    replayed_at   timestamptz NOT NULL DEFAULT now()
);
