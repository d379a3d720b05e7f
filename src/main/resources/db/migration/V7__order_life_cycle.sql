-- The whole life of an order, as far as stock goes. Messages may come in any order: what comes
-- before OrderCreated is remembered here and decides what OrderCreated does.
ALTER TABLE inventory_orders
    DROP CONSTRAINT inventory_orders_status_check,
    ADD CONSTRAINT inventory_orders_status_check CHECK (status IN (
        'Reserved',       -- holds its units until it is paid, or expires
        'Insufficient',   -- asked for more than there was; final but for a cancellation or refund
        'Paid',           -- PaymentProcessed has come, OrderCreated has not
        'Committed',      -- paid, and its units have left the reserved stock
        'PaymentFailed',  -- holds nothing; a payment reserves again
        'Expired',        -- holds nothing; a payment reserves again
        'Refunded',       -- holds nothing, nor ever will
        'Cancelled')),    -- holds nothing, nor ever will
    -- What OrderCreated asked for, as it came; null until it has come.
    ADD COLUMN items jsonb,
    -- Of OrderCreated, for what happens to the order without a message.
    ADD COLUMN correlation_id text;
