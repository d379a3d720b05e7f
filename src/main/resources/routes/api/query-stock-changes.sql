-- The products whose stock has changed recently, or whose events were folded recently, the latest changes first; one more than is sent
-- shows that there are too many. Recently: see StockStream.lookBack.
SELECT product_id AS "productId", CAST(stock AS text) AS stock
FROM inventory_stock
WHERE product_id IN (
    SELECT product_id FROM inventory WHERE last_updated > now() - make_interval(secs => CAST(:#lookBack AS double precision))
    UNION ALL
    SELECT product_id FROM inventory_summary WHERE folded_at > now() - make_interval(secs => CAST(:#lookBack AS double precision)))
ORDER BY greatest(last_updated, folded_at) DESC
LIMIT 5001
