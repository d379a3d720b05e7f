-- What the read model needs to be folded from the events of the outbox.
ALTER TABLE outbox
    -- By how much the event changes the reserved stock of its product. Not sent.
    ADD COLUMN reserved_change integer NOT NULL DEFAULT 0;

-- The events that are not in the read model yet. Rows of their own, and not a mark in the outbox,
-- whose rows the relay keeps locked for as long as the broker takes to answer.
CREATE TABLE outbox_unprojected (
    -- Of one product the order of commits: it is drawn while the product is locked.
    sequence   bigint PRIMARY KEY,
    message_id uuid   NOT NULL
);

CREATE FUNCTION outbox_to_be_projected() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO outbox_unprojected (sequence, message_id) SELECT sequence, message_id FROM added;
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_to_be_projected
    AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_to_be_projected();

INSERT INTO outbox_unprojected (sequence, message_id) SELECT sequence, message_id FROM outbox;

UPDATE outbox
SET reserved_change = CAST(message_body ->> 'quantityReserved' AS integer)
WHERE message_type = 'InventoryReserved';

ALTER TABLE inventory_summary
    -- PostgreSQL checks what an upsert proposes to insert, which here is a change and may be negative.
    DROP CONSTRAINT inventory_summary_total_reserved_quantity_check,
    ADD COLUMN total_released_count  bigint NOT NULL DEFAULT 0 CHECK (total_released_count >= 0),
    ADD COLUMN total_committed_count bigint NOT NULL DEFAULT 0 CHECK (total_committed_count >= 0),
    ADD COLUMN last_released_at      timestamptz,
    ADD COLUMN last_committed_at     timestamptz;

COMMENT ON COLUMN inventory_summary.total_reserved_quantity IS 'Units held by reservations now';

-- What was folded of events that are purged from the outbox: where a rebuild of the read model begins.
CREATE TABLE inventory_summary_archive (LIKE inventory_summary INCLUDING ALL);

-- What each event adds to the read model.
CREATE VIEW inventory_summary_changes AS
SELECT sequence,
       message_id,
       message_body ->> 'productId'                                        AS product_id,
       CAST(message_type = 'InventoryReserved' AS integer)                 AS reservations,
       reserved_change,
       CAST(message_type = 'InventoryInsufficient' AS integer)             AS insufficient,
       CAST(message_type = 'InventoryReleased' AS integer)                 AS released,
       CAST(message_type = 'InventoryCommitted' AS integer)                AS committed,
       CASE message_type WHEN 'InventoryReserved' THEN created_at END      AS reservation_at,
       CASE message_type WHEN 'InventoryInsufficient' THEN created_at END  AS insufficient_at,
       CASE message_type WHEN 'InventoryReleased' THEN created_at END      AS released_at,
       CASE message_type WHEN 'InventoryCommitted' THEN created_at END     AS committed_at
FROM outbox
WHERE message_type IN ('InventoryReserved', 'InventoryInsufficient', 'InventoryReleased', 'InventoryCommitted');
