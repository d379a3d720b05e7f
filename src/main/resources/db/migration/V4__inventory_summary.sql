-- The read model: what has happened to each product, as far as its events are folded.
CREATE TABLE inventory_summary (
    product_id               text   PRIMARY KEY,
    total_reservations       bigint NOT NULL DEFAULT 0 CHECK (total_reservations >= 0),
    -- Quantities may be negative: PostgreSQL checks what an upsert proposes to insert, which is a change.
    total_reserved_quantity  bigint NOT NULL DEFAULT 0,
    total_insufficient_count bigint NOT NULL DEFAULT 0 CHECK (total_insufficient_count >= 0),
    total_released_count     bigint NOT NULL DEFAULT 0 CHECK (total_released_count >= 0),
    total_committed_count    bigint NOT NULL DEFAULT 0 CHECK (total_committed_count >= 0),
    total_committed_quantity bigint NOT NULL DEFAULT 0,
    total_received_quantity  bigint NOT NULL DEFAULT 0,
    last_reservation_at      timestamptz,
    last_insufficient_at     timestamptz,
    last_released_at         timestamptz,
    last_committed_at        timestamptz,
    -- When an event of the product was last folded.
    folded_at                timestamptz
);

COMMENT ON COLUMN inventory_summary.total_reserved_quantity IS 'Units held by reservations now';
COMMENT ON COLUMN inventory_summary.total_committed_quantity IS 'Units sold and not released';
COMMENT ON COLUMN inventory_summary.total_received_quantity IS 'Units restocked, plus and minus those of adjustments';

-- The sums of the events that are purged from the outbox: where a rebuild of the read model begins.
CREATE TABLE inventory_summary_archive (LIKE inventory_summary INCLUDING ALL);

-- The events that are not in the read model yet. A table of its own instead of a column of the outbox, because the relay keeps the rows
-- of the outbox locked until the broker answers.
CREATE TABLE outbox_unprojected (
    -- The order of commits for each product, because it is drawn while the product is locked.
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

-- What each event adds to the read model.
CREATE VIEW inventory_summary_changes AS
SELECT sequence,
       message_id,
       message_body ->> 'productId'                                        AS product_id,
       CAST(message_type = 'InventoryReserved' AS integer)                 AS total_reservations,
       reserved_change                                                     AS total_reserved_quantity,
       CAST(message_type = 'InventoryInsufficient' AS integer)             AS total_insufficient_count,
       CAST(message_type = 'InventoryReleased' AS integer)                 AS total_released_count,
       CAST(message_type = 'InventoryCommitted' AS integer)                AS total_committed_count,
       CASE message_type
           WHEN 'InventoryCommitted' THEN CAST(message_body ->> 'quantityCommitted' AS integer)
           -- 0 if the units were reserved: then they leave the reserved stock.
           WHEN 'InventoryReleased' THEN -(CAST(message_body ->> 'quantityReleased' AS integer) + reserved_change)
           ELSE 0
       END                                                                 AS total_committed_quantity,
       CASE message_type
           WHEN 'InventoryRestocked' THEN CAST(message_body ->> 'quantityAdded' AS integer)
           WHEN 'InventoryAdjusted' THEN CAST(message_body ->> 'quantityChange' AS integer)
           ELSE 0
       END                                                                 AS total_received_quantity,
       CASE message_type WHEN 'InventoryReserved' THEN created_at END      AS last_reservation_at,
       CASE message_type WHEN 'InventoryInsufficient' THEN created_at END  AS last_insufficient_at,
       CASE message_type WHEN 'InventoryReleased' THEN created_at END      AS last_released_at,
       CASE message_type WHEN 'InventoryCommitted' THEN created_at END     AS last_committed_at
FROM outbox
WHERE message_type IN ('InventoryReserved', 'InventoryInsufficient', 'InventoryReleased', 'InventoryCommitted',
                       'InventoryRestocked', 'InventoryAdjusted');

-- The units of each product according to all its events: those in the read model, and those that are not folded yet.
CREATE VIEW inventory_units AS
SELECT product_id, sum(reserved) AS reserved, sum(committed) AS committed, sum(received) AS received
FROM (
    SELECT product_id, total_reserved_quantity AS reserved, total_committed_quantity AS committed, total_received_quantity AS received
    FROM inventory_summary
    UNION ALL
    SELECT product_id, total_reserved_quantity, total_committed_quantity, total_received_quantity
    FROM outbox_unprojected JOIN inventory_summary_changes USING (message_id)
) AS part
GROUP BY product_id;

-- Adds events to the read model, or to its archive, each product once, in the order of the products. Answers how many events there were.
CREATE OR REPLACE FUNCTION add_to_summary(summary regclass, events uuid[]) RETURNS bigint
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('
        INSERT INTO %s AS s
            (product_id, total_reservations, total_reserved_quantity, total_insufficient_count, total_released_count,
             total_committed_count, total_committed_quantity, total_received_quantity,
             last_reservation_at, last_insufficient_at, last_released_at, last_committed_at, folded_at)
        SELECT product_id, sum(total_reservations), sum(total_reserved_quantity), sum(total_insufficient_count), sum(total_released_count),
               sum(total_committed_count), sum(total_committed_quantity), sum(total_received_quantity),
               max(last_reservation_at), max(last_insufficient_at), max(last_released_at), max(last_committed_at), clock_timestamp()
        FROM inventory_summary_changes
        WHERE message_id = ANY ($1)
        GROUP BY product_id
        ORDER BY product_id
        ON CONFLICT (product_id) DO UPDATE
        SET total_reservations       = s.total_reservations + excluded.total_reservations,
            total_reserved_quantity  = s.total_reserved_quantity + excluded.total_reserved_quantity,
            total_insufficient_count = s.total_insufficient_count + excluded.total_insufficient_count,
            total_released_count     = s.total_released_count + excluded.total_released_count,
            total_committed_count    = s.total_committed_count + excluded.total_committed_count,
            total_committed_quantity = s.total_committed_quantity + excluded.total_committed_quantity,
            total_received_quantity  = s.total_received_quantity + excluded.total_received_quantity,
            last_reservation_at      = greatest(s.last_reservation_at, excluded.last_reservation_at),
            last_insufficient_at     = greatest(s.last_insufficient_at, excluded.last_insufficient_at),
            last_released_at         = greatest(s.last_released_at, excluded.last_released_at),
            last_committed_at        = greatest(s.last_committed_at, excluded.last_committed_at),
            folded_at                = greatest(s.folded_at, excluded.folded_at)', summary) USING events;
    RETURN cardinality(events);
END
$$;

-- Rebuilds the read model from the archive of purged events, and from the events of the outbox that were folded before. Events that are
-- not folded yet are left to the fold. Readers see the old rows until the commit. Answers the number of products.
CREATE OR REPLACE FUNCTION rebuild_summary() RETURNS bigint
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM inventory_summary;
    INSERT INTO inventory_summary TABLE inventory_summary_archive;
    PERFORM add_to_summary('inventory_summary', ARRAY(
        SELECT message_id FROM outbox WHERE sequence NOT IN (SELECT sequence FROM outbox_unprojected)));
    -- Any of them may have changed, also those of which all events are purged.
    UPDATE inventory_summary SET folded_at = clock_timestamp();
    RETURN (SELECT count(*) FROM inventory_summary);
END
$$;
