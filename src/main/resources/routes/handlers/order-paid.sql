-- Marks an order as paid. commit-inventory.sql then commits what it holds. An order that is unknown so far is committed as soon as it
-- comes.
-- Answers whether the order has lost what it held, and has to be reserved again.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', 'Paid')
ON CONFLICT (order_id) DO UPDATE
SET status = next_status(o.status, excluded.status)
RETURNING o.status = 'Paid' AND o.items IS NOT NULL AS lost
