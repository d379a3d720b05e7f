-- What the query API needs.

-- A time as the API writes it: ISO 8601, UTC, microseconds.
CREATE FUNCTION utc(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- How long ago something was, in seconds.
CREATE FUNCTION age_of(moment timestamptz) RETURNS numeric
    LANGUAGE sql STABLE
RETURN coalesce(round(greatest(extract(epoch FROM clock_timestamp() - moment), 0), 3), 0);

-- The stock as the API answers it. The committed units come from the read model, and so follow a moment later.
CREATE VIEW inventory_stock AS
SELECT product_id, i.available_stock, i.last_updated, s.folded_at,
       json_build_object(
           'productId', product_id,
           'availableStock', i.available_stock,
           'reservedStock', i.reserved_stock,
           'committedStock', coalesce(s.total_committed_quantity, 0),
           'totalStock', i.total_stock,
           'version', i.version,
           'lastUpdated', utc(i.last_updated),
           'committedAsOf', utc(s.folded_at)) AS stock
FROM inventory AS i LEFT JOIN inventory_summary AS s USING (product_id);

-- The read model of a product, as the API answers it.
CREATE VIEW inventory_summary_row AS
SELECT product_id,
       json_build_object(
           'productId', product_id,
           'totalReservations', total_reservations,
           'totalReservedQuantity', total_reserved_quantity,
           'totalInsufficientCount', total_insufficient_count,
           'totalReleasedCount', total_released_count,
           'totalCommittedCount', total_committed_count,
           'totalCommittedQuantity', total_committed_quantity,
           'totalReceivedQuantity', total_received_quantity,
           'lastReservationAt', utc(last_reservation_at),
           'lastInsufficientAt', utc(last_insufficient_at),
           'lastReleasedAt', utc(last_released_at),
           'lastCommittedAt', utc(last_committed_at)) AS summary
FROM inventory_summary;

-- The events, as the API answers them.
CREATE VIEW outbox_event AS
SELECT sequence, partition_key, published_at, next_retry_at, message_body ->> 'orderId' AS order_id,
       json_build_object(
           'sequence', sequence,
           'messageId', message_id,
           'type', message_type,
           'createdAt', utc(created_at),
           'publishedAt', utc(published_at),
           'body', message_body) AS event
FROM outbox;

-- The backlog: how many rows wait, and since when. Each answer comes from an index over the unfinished rows; finished ones, however many,
-- are not read. Counts end at count_limit, so that a large backlog is not read through; the time is that of the oldest counted row.
CREATE OR REPLACE FUNCTION backlog(count_limit integer)
    RETURNS TABLE (parked bigint, parked_since timestamptz, dead bigint, dead_since timestamptz,
                   unpublished bigint, refused bigint, unpublished_since timestamptz,
                   unfolded bigint, unfolded_since timestamptz, orders_waiting bigint, orders_waiting_since timestamptz)
    LANGUAGE sql STABLE
AS $$
    SELECT parked.messages, parked.since, dead.messages, dead.since,
           least(new.events + refused.events, count_limit), refused.events, least(new.since, refused.since),
           (SELECT count(*) FROM (SELECT FROM outbox_unprojected LIMIT count_limit) AS event),
           (SELECT created_at FROM outbox
            WHERE message_id = (SELECT message_id FROM outbox_unprojected ORDER BY sequence LIMIT 1)),
           waiting.orders, waiting.since
    FROM (SELECT count(*) AS messages, min(received_at) AS since
          FROM (SELECT received_at FROM inbox WHERE processed_at IS NULL AND dead_at IS NULL
                ORDER BY next_retry_at LIMIT count_limit) AS message) AS parked,
         (SELECT count(*) AS messages, min(dead_at) AS since
          FROM (SELECT dead_at FROM inbox WHERE dead_at IS NOT NULL ORDER BY dead_at LIMIT count_limit) AS message) AS dead,
         (SELECT count(*) AS events, min(created_at) AS since
          FROM (SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NULL
                ORDER BY sequence LIMIT count_limit) AS event) AS new,
         (SELECT count(*) AS events, min(created_at) AS since
          FROM (SELECT created_at FROM outbox WHERE published_at IS NULL AND next_retry_at IS NOT NULL
                ORDER BY sequence LIMIT count_limit) AS event) AS refused,
         (SELECT count(*) AS orders, min(created_at) AS since
          FROM (SELECT created_at FROM inventory_orders_waiting ORDER BY created_at LIMIT count_limit) AS message) AS waiting
$$;
