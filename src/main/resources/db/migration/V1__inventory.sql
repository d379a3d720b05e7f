-- The stock of each product. Every change raises version and last_updated and writes an event to the outbox, in the same transaction.
CREATE TABLE inventory (
    product_id      text        PRIMARY KEY,
    available_stock integer     NOT NULL CHECK (available_stock >= 0),
    reserved_stock  integer     NOT NULL DEFAULT 0 CHECK (reserved_stock >= 0),
    total_stock     integer     GENERATED ALWAYS AS (available_stock + reserved_stock) STORED,
    -- Every unit is accounted for: available + reserved + committed = initial + received.
    initial_stock   bigint      NOT NULL,
    last_updated    timestamptz NOT NULL DEFAULT now(),
    version         integer     NOT NULL DEFAULT 1
);

COMMENT ON COLUMN inventory.initial_stock IS 'Units that the product had when its row was inserted';

-- Products by prefix, whatever the collation of the database.
CREATE INDEX idx_inventory_product_id ON inventory (product_id COLLATE "C");

-- The stock that has changed recently. Since PostgreSQL 16 a BRIN index leaves an update heap-only; a B-tree would not.
CREATE INDEX idx_inventory_last_updated ON inventory USING brin (last_updated) WITH (pages_per_range = 8, autosummarize = on);

CREATE FUNCTION initial_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.initial_stock := CAST(NEW.available_stock AS bigint) + NEW.reserved_stock;
    RETURN NEW;
END
$$;

-- A statement that creates a product by an event that counts as received inserts an initial stock of 0.
CREATE TRIGGER initial_stock
    BEFORE INSERT ON inventory
    FOR EACH ROW WHEN (NEW.initial_stock IS NULL) EXECUTE FUNCTION initial_stock();

-- One row for each known order: the gate that gives an order one outcome, whatever the number of its messages. The inbox knows messages;
-- this table knows orders. A transaction that changes an order locks its row here first, and the inventory rows after it. Messages may
-- come in any order: this table remembers those that come before OrderCreated, and they decide what OrderCreated does.
CREATE TABLE inventory_orders (
    order_id       text        PRIMARY KEY,
    status         text        NOT NULL CHECK (status IN (
        'Reserved',       -- holds its units until it is paid, or expires
        'Insufficient',   -- asked for more than there was; only a cancellation or a refund changes it
        'Paid',           -- PaymentProcessed has come, OrderCreated has not
        'Committed',      -- paid, and its units have left the reserved stock
        'PaymentFailed',  -- holds nothing; a payment reserves again
        'Expired',        -- holds nothing; a payment reserves again
        'Refunded',       -- holds nothing, and never will
        'Cancelled')),    -- holds nothing, and never will
    created_at     timestamptz NOT NULL DEFAULT now(),
    items          jsonb,
    -- Of OrderCreated, for what happens to the order without a message.
    correlation_id text
);

COMMENT ON COLUMN inventory_orders.items IS 'Product and quantity of each line that OrderCreated asked for; null until it has come';

-- Its condition is on items only: with the status in it, each change of status would add an entry to the index.
CREATE INDEX idx_orders_without_items ON inventory_orders (created_at)
    WHERE items IS NULL;

-- Orders that a message has named for an hour without their OrderCreated. It is lost, or the message names an order that does not
-- exist. Erased orders are settled.
CREATE VIEW inventory_orders_waiting AS
SELECT order_id, status, created_at
FROM inventory_orders
WHERE items IS NULL
  AND status IN ('Paid', 'PaymentFailed', 'Refunded', 'Cancelled')
  AND created_at < now() - interval '1 hour'
  AND order_id NOT LIKE 'erased-%';

-- The units that an order holds of a product, from reservation to release or commit.
CREATE TABLE inventory_reservations (
    reservation_id    text        PRIMARY KEY,
    order_id          text        NOT NULL,
    product_id        text        NOT NULL REFERENCES inventory (product_id),
    quantity_reserved integer     NOT NULL CHECK (quantity_reserved > 0),
    status            text        NOT NULL CHECK (status IN ('Reserved', 'Released', 'Committed')),
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    -- Also the index by order.
    UNIQUE (order_id, product_id)
);

CREATE INDEX idx_reservations_expires_at ON inventory_reservations (expires_at)
    WHERE status = 'Reserved';

-- Reservations that hold stock now, by product: for the check of the invariants, whatever the number of reservations that have ended.
CREATE INDEX idx_reservations_live ON inventory_reservations (product_id) INCLUDE (order_id, quantity_reserved)
    WHERE status = 'Reserved';

-- The backlog is so small among the finished rows that a sample finds none of it. The planner then takes a scan of the whole backlog to
-- be as cheap as a lookup of one row, and is wrong when the backlog is large. Without statistics it assumes that there is a backlog.
-- The same holds for inbox and outbox.
ALTER TABLE inventory_reservations ALTER COLUMN status SET STATISTICS 0;

-- A product that is to be reserved for an order, with what its event needs: see V8__reserve_inventory.sql.
CREATE TYPE order_line AS (
    arrival        bigint,
    order_id       text,
    product_id     text,
    quantity       bigint,
    message_id     text,
    correlation_id text,
    traceparent    text,
    tracestate     text
);
