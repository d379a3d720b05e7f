-- An order and its reservations; null if it is unknown. Without the items that it asked for, which are as their sender wrote them.
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
