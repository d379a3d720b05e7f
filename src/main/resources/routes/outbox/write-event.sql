-- Writes an event that a route publishes by outbox:<type>; fields times are the present.
INSERT INTO outbox
    (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate)
SELECT :type,
       CAST(:event AS jsonb) || coalesce(
           (SELECT jsonb_object_agg(field, utc(clock_timestamp())) FROM unnest(CAST(:times AS text[])) AS field), '{}'),
       :key, :correlationId, :sourceMessageId, :traceparent, :tracestate
