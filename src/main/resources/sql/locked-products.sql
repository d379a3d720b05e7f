-- Those of some products that another transaction has locked at this moment. It waits for none. Run by LockedProducts.
WITH free AS MATERIALIZED (
    SELECT product_id
    FROM inventory
    WHERE product_id = ANY (CAST(:products AS text[]))
    FOR UPDATE SKIP LOCKED
)
SELECT product_id
FROM inventory
WHERE product_id = ANY (CAST(:products AS text[]))
  AND product_id NOT IN (SELECT product_id FROM free)
