-- What does not add up, the first 100 differences. One statement sees one moment, between transactions, so that a change
-- that is under way is no difference.
WITH held AS (
    SELECT product_id, sum(quantity_reserved) AS units
    FROM inventory_reservations
    WHERE status = 'Reserved'
    GROUP BY product_id
), told AS (
    SELECT product_id, coalesce(u.reserved, 0) AS reserved, coalesce(u.committed, 0) AS committed, coalesce(u.received, 0) AS received
    FROM inventory LEFT JOIN inventory_units AS u USING (product_id)
), difference AS (
    SELECT 'negative-stock' AS invariant, product_id AS subject, least(available_stock, reserved_stock) AS found, 0 AS expected
    FROM inventory
    WHERE available_stock < 0 OR reserved_stock < 0
    UNION ALL
    SELECT 'reserved-stock', coalesce(i.product_id, held.product_id), coalesce(i.reserved_stock, 0), coalesce(held.units, 0)
    FROM inventory AS i FULL JOIN held USING (product_id)
    WHERE coalesce(i.reserved_stock, 0) <> coalesce(held.units, 0)
    UNION ALL
    SELECT 'read-model', product_id, told.reserved, i.reserved_stock
    FROM inventory AS i JOIN told USING (product_id)
    WHERE told.reserved <> i.reserved_stock
    UNION ALL
    SELECT 'accounted-stock', product_id, i.total_stock + told.committed, i.initial_stock + told.received
    FROM inventory AS i JOIN told USING (product_id)
    WHERE i.total_stock + told.committed <> i.initial_stock + told.received
    UNION ALL
    SELECT 'order-status', r.product_id, sum(r.quantity_reserved), 0
    FROM inventory_reservations AS r LEFT JOIN inventory_orders AS o USING (order_id)
    WHERE r.status = 'Reserved' AND o.status IS DISTINCT FROM 'Reserved'
    GROUP BY r.product_id
)
SELECT invariant, subject, found, expected FROM difference ORDER BY invariant, subject LIMIT 100
