-- Ends an order by an event: Cancelled, Refunded or PaymentFailed. Table order_transitions decides whether the event ends it.
-- An order that is unknown so far will reserve nothing when it comes.
-- Answers the order for release-inventory.sql.
INSERT INTO inventory_orders AS o (order_id, status)
VALUES (CAST(:#messageBody AS jsonb) ->> 'orderId', :#event)
ON CONFLICT (order_id) DO UPDATE
SET status = next_status(o.status, excluded.status)
RETURNING CAST(jsonb_build_array(o.order_id) AS text) AS orders
