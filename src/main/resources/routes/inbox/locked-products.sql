-- Which of the given products another transaction keeps locked at this moment. Does not wait for a lock. Run by LockedProducts.
-- A transaction that began less than half a second ago does not count: it is one of the many that want a product in turn. (When another
-- role's transaction began cannot be seen; it counts, because a statement by hand is what this looks for.)
WITH free AS MATERIALIZED (
    SELECT product_id
    FROM inventory
    WHERE product_id = ANY (CAST(:products AS text[]))
    FOR UPDATE SKIP LOCKED
)
SELECT product_id
FROM inventory AS i
WHERE product_id = ANY (CAST(:products AS text[]))
  AND product_id NOT IN (SELECT product_id FROM free)
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_xid = i.xmax AND xact_start > now() - interval '500 ms')
