-- Those of some products that another transaction keeps locked at this moment. It waits for none. Run by LockedProducts.
-- A transaction that has begun less than half a second ago keeps nothing: it is one of the many that want a product in turn. (Of another
-- role's it cannot be seen when it has begun, but somebody's statement is what is looked for.)
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
