-- An order and what it holds; null if it is not known. Not what it asked for, which is as its sender wrote it.
SELECT CAST((
    SELECT json_build_object(
        'orderId', order_id,
        'status', status,
        'createdAt', utc(created_at),
        'correlationId', correlation_id,
        'reservations', (
            SELECT coalesce(json_agg(json_build_object(
                'productId', product_id,
                'quantity', quantity_reserved,
                'status', r.status,
                'createdAt', utc(r.created_at),
                'expiresAt', utc(expires_at)) ORDER BY product_id), '[]')
            FROM inventory_reservations AS r
            WHERE r.order_id = o.order_id))
    FROM inventory_orders AS o
    WHERE order_id = :#orderId) AS text)
