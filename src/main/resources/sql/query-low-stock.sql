-- The products of which few are available, the lowest first. Reads the products through: an index on the stock would
-- cost every reservation more than this costs the few who ask.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(json_build_object(
        'productId', product_id,
        'availableStock', available_stock,
        'reservedStock', reserved_stock,
        'totalStock', total_stock,
        'version', version,
        'lastUpdated', utc(last_updated))), '[]')) AS text)
FROM (
    SELECT *
    FROM inventory
    WHERE available_stock <= CAST(:#threshold AS integer)
    ORDER BY available_stock, product_id
    LIMIT CAST(:#limit AS integer)
) AS low
