-- An order is cancelled, whatever it was before. One that is not known yet will reserve nothing when it comes.
-- Answers the order for release-inventory.sql.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', 'Cancelled')
ON CONFLICT (order_id) DO UPDATE
SET status = 'Cancelled'
RETURNING CAST(jsonb_build_array(o.order_id) AS text) AS orders
