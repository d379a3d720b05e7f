-- Reserves orders, each whole or not at all, in one round trip: see reserve_inventory in db/migration.
-- The parameters are arrays with an element for each message, in arrival order.
-- Answers for each message its fields, as parameters of SQL, the outcome of its order, and the short lines.
WITH batch AS (
    SELECT CAST(:#sourceMessageId AS text[]) AS source_message_ids, CAST(:#correlationId AS text[]) AS correlation_ids,
           CAST(:#traceparent AS text[]) AS traceparents, CAST(:#tracestate AS text[]) AS tracestates,
           CAST(:#messageBody AS text[]) AS bodies, make_interval(secs => CAST(:#reservationTtl AS double precision)) AS ttl
)
SELECT source_message_ids[arrival] AS "sourceMessageId", correlation_ids[arrival] AS "correlationId", traceparents[arrival] AS traceparent,
       tracestates[arrival] AS tracestate, bodies[arrival] AS "messageBody", outcome, CAST(short_lines AS text) AS "shortLines"
FROM batch, reserve_inventory(source_message_ids, correlation_ids, traceparents, tracestates, CAST(bodies AS jsonb[]), ttl)
ORDER BY arrival
