-- The products of which few are available, the lowest first. Reads the products through: an index on the stock would
-- cost every reservation more than this costs the few who ask.
SELECT CAST(json_build_object('items', coalesce(json_agg(stock), '[]')) AS text)
FROM (
    SELECT stock
    FROM inventory_stock
    WHERE available_stock <= CAST(:#threshold AS integer)
    ORDER BY available_stock, product_id
    LIMIT CAST(:#limit AS integer)
) AS low
