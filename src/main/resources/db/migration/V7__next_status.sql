-- The life of an order: what an event makes of its status. Every statement that changes the status of an order asks here.
-- An order of which nothing was known before has the event for its status.
CREATE OR REPLACE FUNCTION next_status(status text, event text) RETURNS text
    LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN event = 'Insufficient'  AND status IN ('Reserved', 'Paid')         THEN 'Insufficient'
    WHEN event = 'Expired'       AND status = 'Reserved'                    THEN 'Expired'
    -- What another payment has paid for stays.
    WHEN event = 'PaymentFailed' AND status = 'Reserved'                    THEN 'PaymentFailed'
    WHEN event = 'Paid'          AND status = 'Reserved'                    THEN 'Committed'
    -- It is reserved again, and then committed.
    WHEN event = 'Paid'          AND status IN ('PaymentFailed', 'Expired') THEN 'Paid'
    WHEN event = 'Committed'     AND status = 'Paid'                        THEN 'Committed'
    WHEN event = 'Refunded'      AND status <> 'Cancelled'                  THEN 'Refunded'
    WHEN event = 'Cancelled'                                                THEN 'Cancelled'
    ELSE status
END;
