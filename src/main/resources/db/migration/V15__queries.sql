-- What the query API needs. The tables' own columns get no index that every change of stock would have to maintain.

-- A time as the API writes it: ISO 8601, UTC, microseconds.
CREATE FUNCTION utc(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- How long ago something was, in seconds.
CREATE FUNCTION age_of(moment timestamptz) RETURNS numeric
    LANGUAGE sql STABLE
RETURN coalesce(round(greatest(extract(epoch FROM clock_timestamp() - moment), 0), 3), 0);

-- Products by prefix, whatever the collation of the database.
CREATE INDEX idx_inventory_product_id ON inventory (product_id COLLATE "C");

-- The stock that has changed of late. Since PostgreSQL 16 a BRIN index leaves an update heap-only; a B-tree would not.
CREATE INDEX idx_inventory_last_updated ON inventory USING brin (last_updated) WITH (pages_per_range = 8, autosummarize = on);

-- The history of an order. Those that are not published have idx_outbox_unpublished_key, so that this one is
-- filled by the relay, and not by the transaction of the order.
CREATE INDEX idx_outbox_published_key ON outbox (partition_key, sequence)
    WHERE published_at IS NOT NULL;
