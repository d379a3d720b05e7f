-- One row for each order that was seen: the gate that lets an order have one outcome
-- only, whatever the number of its messages. The inbox knows messages; this table knows
-- orders. Whoever changes an order takes its row here first, the inventory rows after it.
CREATE TABLE inventory_orders (
    order_id   text        PRIMARY KEY,
    status     text        NOT NULL CHECK (status IN ('Reserved', 'Insufficient')),
    created_at timestamptz NOT NULL DEFAULT now()
);
