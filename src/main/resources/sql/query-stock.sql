-- The stock of one product; null if it is not known.
SELECT CAST((
    SELECT json_build_object(
        'productId', product_id,
        'availableStock', available_stock,
        'reservedStock', reserved_stock,
        'totalStock', total_stock,
        'version', version,
        'lastUpdated', utc(last_updated))
    FROM inventory
    WHERE product_id = :#productId) AS text)
