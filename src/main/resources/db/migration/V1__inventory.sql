-- What the shop has of each product. Every change raises version and last_updated
-- and leaves an event in the outbox, in the same transaction.
CREATE TABLE inventory (
    product_id      text        PRIMARY KEY,
    available_stock integer     NOT NULL CHECK (available_stock >= 0),
    reserved_stock  integer     NOT NULL DEFAULT 0 CHECK (reserved_stock >= 0),
    total_stock     integer     GENERATED ALWAYS AS (available_stock + reserved_stock) STORED,
    last_updated    timestamptz NOT NULL DEFAULT now(),
    version         integer     NOT NULL DEFAULT 1
);
