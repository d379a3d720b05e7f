-- The life of an order: its status after an event. Every statement that changes the status of an order uses this function.
-- An order that was unknown before the event takes the event as its status.
CREATE OR REPLACE FUNCTION next_status(status text, event text) RETURNS text
    LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN event = 'Insufficient'  AND status IN ('Reserved', 'Paid')         THEN 'Insufficient'
    WHEN event = 'Expired'       AND status = 'Reserved'                    THEN 'Expired'
    -- An order that another payment has paid stays as it is.
    WHEN event = 'PaymentFailed' AND status = 'Reserved'                    THEN 'PaymentFailed'
    WHEN event = 'Paid'          AND status = 'Reserved'                    THEN 'Committed'
    -- The order is reserved again, and then committed.
    WHEN event = 'Paid'          AND status IN ('PaymentFailed', 'Expired') THEN 'Paid'
    WHEN event = 'Committed'     AND status = 'Paid'                        THEN 'Committed'
    WHEN event = 'Refunded'      AND status <> 'Cancelled'                  THEN 'Refunded'
    WHEN event = 'Cancelled'                                                THEN 'Cancelled'
    ELSE status
END;
