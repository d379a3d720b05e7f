-- Reserves an order whole or not at all, in one round trip: see reserve_inventory in db/migration.
-- Gives the outcome (Reserved, Insufficient, Duplicate) and what is short.
SELECT outcome, CAST(short_lines AS text) AS short_lines
FROM reserve_inventory(
    jsonb_build_array(jsonb_build_object(
        'messageId', CAST(:#sourceMessageId AS text),
        'correlationId', CAST(:#correlationId AS text),
        'traceparent', CAST(:#traceparent AS text),
        'order', CAST(:#messageBody AS jsonb))),
    CAST(:#reservationTtl AS interval))
