-- Waits for what another transaction does with an order, and keeps others off it until this transaction ends.
SELECT order_id FROM inventory_orders WHERE order_id = :#orderId FOR UPDATE
