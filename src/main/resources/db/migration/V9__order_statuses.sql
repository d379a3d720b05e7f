-- What an order can be, and how events change it, as data: a new status is a few rows in a later migration.
CREATE TABLE order_statuses (
    status         text PRIMARY KEY,
    description    text NOT NULL,
    -- An order with this status releases what it holds: the field reason of InventoryReleased. Null if it keeps what it holds.
    release_reason text
);

INSERT INTO order_statuses (status, description, release_reason) VALUES
    ('Reserved',      'Holds its units until it is paid, or expires',                           NULL),
    ('Insufficient',  'Asked for more than there was; only a cancellation or a refund changes it', NULL),
    ('Paid',          'PaymentProcessed has come, OrderCreated has not',                        NULL),
    ('Committed',     'Paid, and its units have left the reserved stock',                       NULL),
    ('PaymentFailed', 'Holds nothing; a payment reserves again',                                'PaymentFailed'),
    ('Expired',       'Holds nothing; a payment reserves again',                                'Expired'),
    ('Refunded',      'Holds nothing, and never will',                                          'PaymentRefunded'),
    ('Cancelled',     'Holds nothing, and never will',                                          'OrderCancelled');

-- The life of an order. An event that has no row for the status of an order leaves the order as it is. An order that was unknown before
-- the event takes the event as its status.
CREATE TABLE order_transitions (
    event       text NOT NULL,
    from_status text NOT NULL REFERENCES order_statuses,
    to_status   text NOT NULL REFERENCES order_statuses,
    PRIMARY KEY (event, from_status)
);

INSERT INTO order_transitions (event, from_status, to_status) VALUES
    ('Insufficient',  'Reserved',      'Insufficient'),
    ('Insufficient',  'Paid',          'Insufficient'),
    ('Expired',       'Reserved',      'Expired'),
    -- An order that another payment has paid stays as it is.
    ('PaymentFailed', 'Reserved',      'PaymentFailed'),
    ('Paid',          'Reserved',      'Committed'),
    -- The order is reserved again, and then committed.
    ('Paid',          'PaymentFailed', 'Paid'),
    ('Paid',          'Expired',       'Paid'),
    ('Committed',     'Paid',          'Committed');

INSERT INTO order_transitions (event, from_status, to_status)
SELECT event, status, event
FROM order_statuses, unnest(ARRAY['Refunded', 'Cancelled']) AS event
WHERE status <> 'Cancelled';

-- The status of an order after an event. Every statement that changes the status of an order uses this function.
CREATE OR REPLACE FUNCTION next_status(status text, event text) RETURNS text
    -- Its statement is planned once for each connection.
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN coalesce(
        (SELECT to_status FROM order_transitions AS t WHERE t.event = next_status.event AND t.from_status = next_status.status),
        status);
END
$$;

-- The table in place of a list. Not a foreign key, by which all transactions would lock the same few rows; not for updates, whose statuses
-- are those of order_transitions; and not for the two that begin nearly all orders.
ALTER TABLE inventory_orders DROP CONSTRAINT inventory_orders_status_check;

CREATE FUNCTION require_order_status() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM order_statuses WHERE status = NEW.status) THEN
        RAISE EXCEPTION 'status: % of order % is not in table order_statuses', NEW.status, NEW.order_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER order_status
    BEFORE INSERT ON inventory_orders
    FOR EACH ROW WHEN (NEW.status NOT IN ('Reserved', 'Paid')) EXECUTE FUNCTION require_order_status();
