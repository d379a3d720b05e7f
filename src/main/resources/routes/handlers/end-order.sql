-- Ends an order by an event: Cancelled, Refunded or PaymentFailed. Which of them end it then, next_status in db/migration says.
-- An order that is not known yet will reserve nothing when it comes.
-- Answers the order for release-inventory.sql.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', :#event)
ON CONFLICT (order_id) DO UPDATE
SET status = next_status(o.status, excluded.status)
RETURNING CAST(jsonb_build_array(o.order_id) AS text) AS orders
