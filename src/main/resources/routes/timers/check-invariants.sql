-- Violated invariants, the first 100. One statement sees one moment, between transactions, so an unfinished transaction is
-- not a violation.
WITH held AS (
    SELECT product_id, sum(quantity_reserved) AS units
    FROM inventory_reservations
    WHERE status = 'Reserved'
    GROUP BY product_id
), account AS (
    SELECT product_id, i.reserved_stock, coalesce(recorded.reserved, 0) AS reserved,
           i.total_stock + coalesce(recorded.committed, 0) AS found, i.initial_stock + coalesce(recorded.received, 0) AS expected
    FROM inventory AS i LEFT JOIN inventory_units AS recorded USING (product_id)
), made AS (
    -- The initial stock of each product, as it was recorded when the product was created.
    SELECT product_id, sum(quantity) AS units, count(*) AS records
    FROM stock_changes
    WHERE type = 'Initial'
    GROUP BY product_id
), difference AS (
    SELECT 'negative-stock' AS invariant, product_id AS subject, least(available_stock, reserved_stock) AS found, 0 AS expected
    FROM inventory
    WHERE available_stock < 0 OR reserved_stock < 0
    UNION ALL
    SELECT 'reserved-stock', coalesce(i.product_id, held.product_id), coalesce(i.reserved_stock, 0), coalesce(held.units, 0)
    FROM inventory AS i FULL JOIN held USING (product_id)
    WHERE coalesce(i.reserved_stock, 0) <> coalesce(held.units, 0)
    UNION ALL
    SELECT 'read-model', product_id, reserved, reserved_stock FROM account WHERE reserved <> reserved_stock
    UNION ALL
    SELECT 'accounted-stock', product_id, found, expected FROM account WHERE found <> expected
    UNION ALL
    SELECT 'initial-stock', product_id, initial_stock, made.units
    FROM inventory JOIN made USING (product_id)
    WHERE initial_stock <> made.units
    UNION ALL
    SELECT 'initial-stock-records', product_id, coalesce(made.records, 0), 1
    FROM inventory LEFT JOIN made USING (product_id)
    WHERE made.records IS DISTINCT FROM 1
    UNION ALL
    SELECT 'order-status', r.product_id, sum(r.quantity_reserved), 0
    FROM inventory_reservations AS r LEFT JOIN inventory_orders AS o USING (order_id)
    WHERE r.status = 'Reserved' AND o.status IS DISTINCT FROM 'Reserved'
    GROUP BY r.product_id
)
SELECT invariant, subject, found, expected FROM difference ORDER BY invariant, subject LIMIT 100
