-- The products with few units available, the lowest first. Reads all products: an index on the stock would cost every reservation more
-- than this costs the few who ask. The other columns are looked up only for the products that are answered.
SELECT CAST(json_build_object('items', coalesce(json_agg(stock ORDER BY available_stock, product_id), '[]')) AS text)
FROM (
    SELECT product_id
    FROM inventory
    WHERE available_stock <= CAST(:#threshold AS integer)
    ORDER BY available_stock, product_id
    LIMIT CAST(:#limit AS integer)
) AS low
JOIN inventory_stock USING (product_id)
