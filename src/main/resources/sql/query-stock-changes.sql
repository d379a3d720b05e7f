-- The products whose stock has changed of late, or that the read model has heard of, the latest changes first: for longer than
-- the time from one question to the next, since a change can be seen only when its transaction has committed.
SELECT product_id AS "productId", CAST(stock AS text) AS stock
FROM inventory_stock
WHERE product_id IN (
    SELECT product_id FROM inventory WHERE last_updated > now() - interval '15 s'
    UNION ALL
    SELECT product_id FROM inventory_summary WHERE folded_at > now() - interval '15 s')
ORDER BY greatest(last_updated, folded_at) DESC
LIMIT 5000
