-- The read model: what happened to each product so far.
CREATE TABLE inventory_summary (
    product_id               text   PRIMARY KEY,
    total_reservations       bigint NOT NULL DEFAULT 0 CHECK (total_reservations >= 0),
    total_reserved_quantity  bigint NOT NULL DEFAULT 0 CHECK (total_reserved_quantity >= 0),
    total_insufficient_count bigint NOT NULL DEFAULT 0 CHECK (total_insufficient_count >= 0),
    last_reservation_at      timestamptz,
    last_insufficient_at     timestamptz
);
