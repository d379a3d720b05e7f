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

CREATE INDEX idx_reservations_product_id ON inventory_reservations (product_id);

CREATE INDEX idx_reservations_expires_at ON inventory_reservations (expires_at)
    WHERE status = 'Reserved';
