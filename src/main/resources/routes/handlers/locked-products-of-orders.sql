-- The products that the reservations of orders hold and that another transaction has locked at this moment. Does not wait for a lock.
-- Answers them as a JSON array, after those of lockedProducts, which were found before; null if none is new.
WITH held AS (
    SELECT DISTINCT product_id
    FROM inventory_reservations
    WHERE order_id IN (SELECT jsonb_array_elements_text(CAST(:#orders AS jsonb)))
      AND status = 'Reserved'
), free AS MATERIALIZED (
    SELECT product_id
    FROM inventory
    WHERE product_id IN (SELECT product_id FROM held)
    FOR UPDATE SKIP LOCKED
)
SELECT CAST(CAST(:#lockedProducts AS jsonb) || jsonb_agg(product_id) AS text)
FROM held
WHERE product_id NOT IN (SELECT product_id FROM free)
