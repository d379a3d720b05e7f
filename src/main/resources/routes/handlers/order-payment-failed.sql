-- A payment of an order has failed. That ends a reservation, but not what another payment has paid for.
-- An order that is not known yet will reserve nothing when it comes.
-- Answers the order for release-inventory.sql.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', 'PaymentFailed')
ON CONFLICT (order_id) DO UPDATE
SET status = CASE o.status WHEN 'Reserved' THEN 'PaymentFailed' ELSE o.status END
RETURNING CAST(jsonb_build_array(o.order_id) AS text) AS orders
