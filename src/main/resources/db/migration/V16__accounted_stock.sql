-- Every unit accounted for: available + reserved + committed = initial + received.

-- These locks are kept to the end: no stock changes and no event is folded, so that what is counted below is of one moment.
ALTER TABLE inventory
    ADD COLUMN initial_stock bigint;

ALTER TABLE inventory_summary
    -- They may be negative: PostgreSQL checks what an upsert proposes to insert, which is a change.
    ADD COLUMN total_committed_quantity bigint NOT NULL DEFAULT 0,
    ADD COLUMN total_received_quantity  bigint NOT NULL DEFAULT 0,
    -- When an event of the product was folded last.
    ADD COLUMN folded_at                timestamptz;

ALTER TABLE inventory_summary_archive
    ADD COLUMN total_committed_quantity bigint NOT NULL DEFAULT 0,
    ADD COLUMN total_received_quantity  bigint NOT NULL DEFAULT 0;

COMMENT ON COLUMN inventory.initial_stock IS 'Units that the product had when its row was made';
COMMENT ON COLUMN inventory_summary.total_committed_quantity IS 'Units sold and not given back';
COMMENT ON COLUMN inventory_summary.total_received_quantity IS 'Units restocked, and what adjustments have added and taken';

CREATE OR REPLACE VIEW inventory_summary_changes AS
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
       CASE message_type WHEN 'InventoryCommitted' THEN created_at END     AS committed_at,
       CASE message_type
           WHEN 'InventoryCommitted' THEN CAST(message_body ->> 'quantityCommitted' AS integer)
           -- Nothing if they were reserved, and so leave the reserved stock.
           WHEN 'InventoryReleased' THEN -(CAST(message_body ->> 'quantityReleased' AS integer) + reserved_change)
           ELSE 0
       END                                                                 AS committed_change,
       CASE message_type
           WHEN 'InventoryRestocked' THEN CAST(message_body ->> 'quantityAdded' AS integer)
           WHEN 'InventoryAdjusted' THEN CAST(message_body ->> 'quantityChange' AS integer)
           ELSE 0
       END                                                                 AS received_change
FROM outbox
WHERE message_type IN ('InventoryReserved', 'InventoryInsufficient', 'InventoryReleased', 'InventoryCommitted',
                       'InventoryRestocked', 'InventoryAdjusted');

-- The units of each product as all events have it: the read model, and what waits to be folded.
CREATE VIEW inventory_units AS
SELECT product_id, sum(reserved) AS reserved, sum(committed) AS committed, sum(received) AS received
FROM (
    SELECT product_id, total_reserved_quantity AS reserved, total_committed_quantity AS committed, total_received_quantity AS received
    FROM inventory_summary
    UNION ALL
    SELECT product_id, reserved_change, committed_change, received_change
    FROM outbox_unprojected JOIN inventory_summary_changes USING (message_id)
) AS part
GROUP BY product_id;

-- What is there already. Reservations are kept for ever: what they say is sold, and no event of the outbox tells, was told
-- by events that are purged.
INSERT INTO inventory_summary_archive (product_id, total_committed_quantity)
SELECT product_id, sum(units)
FROM (
    SELECT product_id, quantity_reserved AS units FROM inventory_reservations WHERE status = 'Committed'
    UNION ALL
    SELECT product_id, -committed_change FROM inventory_summary_changes
) AS part
GROUP BY product_id
HAVING sum(units) <> 0
ON CONFLICT (product_id) DO UPDATE
SET total_committed_quantity = excluded.total_committed_quantity;

INSERT INTO inventory_summary (product_id, total_committed_quantity, total_received_quantity)
SELECT product_id, sum(committed), sum(received)
FROM (
    SELECT product_id, total_committed_quantity AS committed, total_received_quantity AS received FROM inventory_summary_archive
    UNION ALL
    SELECT product_id, committed_change, received_change
    FROM inventory_summary_changes
    WHERE sequence NOT IN (SELECT sequence FROM outbox_unprojected)
) AS part
GROUP BY product_id
ON CONFLICT (product_id) DO UPDATE
SET total_committed_quantity = excluded.total_committed_quantity, total_received_quantity = excluded.total_received_quantity;

-- Units that purged events have restocked or adjusted count as initial.
UPDATE inventory AS i
SET initial_stock = i.total_stock + coalesce(u.committed - u.received, 0)
FROM inventory AS same LEFT JOIN inventory_units AS u USING (product_id)
WHERE same.product_id = i.product_id;

ALTER TABLE inventory ALTER COLUMN initial_stock SET NOT NULL;

CREATE FUNCTION initial_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.initial_stock := CAST(NEW.available_stock AS bigint) + NEW.reserved_stock;
    RETURN NEW;
END
$$;

-- Whoever makes a product by an event that is counted as received says so by an initial stock of 0.
CREATE TRIGGER initial_stock
    BEFORE INSERT ON inventory
    FOR EACH ROW WHEN (NEW.initial_stock IS NULL) EXECUTE FUNCTION initial_stock();

-- The stock as the API tells it. What is committed comes from the read model, and so a moment later than the rest.
CREATE VIEW inventory_stock AS
SELECT product_id, i.available_stock, i.last_updated, s.folded_at,
       json_build_object(
           'productId', product_id,
           'availableStock', i.available_stock,
           'reservedStock', i.reserved_stock,
           'committedStock', coalesce(s.total_committed_quantity, 0),
           'totalStock', i.total_stock,
           'version', i.version,
           'lastUpdated', utc(i.last_updated),
           'committedAsOf', utc(s.folded_at)) AS stock
FROM inventory AS i LEFT JOIN inventory_summary AS s USING (product_id);
