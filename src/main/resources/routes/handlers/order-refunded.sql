-- An order's payment is refunded: the order is over, as if it were cancelled.
-- Answers the order for release-inventory.sql.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', 'Refunded')
ON CONFLICT (order_id) DO UPDATE
SET status = CASE o.status WHEN 'Cancelled' THEN o.status ELSE 'Refunded' END
RETURNING CAST(jsonb_build_array(o.order_id) AS text) AS orders
