-- The products of which few are available, the lowest first. Reads the products through: an index on the stock would
-- cost every reservation more than this costs the few who ask. What is answered of a product is looked up for those only
-- that are answered.
SELECT CAST(json_build_object('items', coalesce(json_agg(stock ORDER BY available_stock, product_id), '[]')) AS text)
FROM (
    SELECT product_id
    FROM inventory
    WHERE available_stock <= CAST(:#threshold AS integer)
    ORDER BY available_stock, product_id
    LIMIT CAST(:#limit AS integer)
) AS low
JOIN inventory_stock USING (product_id)
