-- Reserves orders, each whole or not at all, in one round trip: see reserve_inventory in db/migration.
-- The parameters are arrays with an element for each message, in arrival order.
-- Gives for each message what it was, as parameters of SQL, the outcome of its order, and what is short.
WITH message AS (
    SELECT *
    FROM unnest(CAST(:#sourceMessageId AS text[]), CAST(:#correlationId AS text[]), CAST(:#traceparent AS text[]),
                CAST(:#tracestate AS text[]), CAST(:#messageBody AS text[]))
        WITH ORDINALITY AS message (source_message_id, correlation_id, traceparent, tracestate, body, arrival)
)
SELECT source_message_id AS "sourceMessageId", message.correlation_id AS "correlationId", message.traceparent, message.tracestate,
       body AS "messageBody", outcome, CAST(short_lines AS text) AS "shortLines"
FROM reserve_inventory(
    (SELECT jsonb_agg(jsonb_build_object(
         'messageId', source_message_id,
         'correlationId', correlation_id,
         'traceparent', traceparent,
         'tracestate', tracestate,
         'order', CAST(body AS jsonb)) ORDER BY arrival)
     FROM message),
    make_interval(secs => CAST(:#reservationTtl AS double precision))) AS reservation (arrival, message_id, order_id, outcome, short_lines)
JOIN message USING (arrival)
ORDER BY arrival
