-- The products whose stock has changed of late, the latest changes first: for longer than the time from one question to the
-- next, since a change can be seen only when its transaction has committed.
SELECT product_id AS "productId", version, CAST(json_build_object(
    'productId', product_id,
    'availableStock', available_stock,
    'reservedStock', reserved_stock,
    'totalStock', total_stock,
    'version', version,
    'lastUpdated', utc(last_updated)) AS text) AS stock
FROM inventory
WHERE last_updated > now() - interval '15 s'
ORDER BY last_updated DESC
LIMIT 5000
