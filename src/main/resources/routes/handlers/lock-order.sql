-- Waits for another transaction that has locked the order, and locks it until this transaction ends.
SELECT order_id FROM inventory_orders WHERE order_id = :#orderId FOR UPDATE
