-- Orders of which a message has been here for an hour, and not their OrderCreated. It is lost, or what has come names an order that does
-- not exist. What is erased is dealt with.
-- By items only: an index that has the status in its condition would make each change of it cost an entry.
CREATE INDEX idx_orders_without_items ON inventory_orders (created_at)
    WHERE items IS NULL;

CREATE VIEW inventory_orders_waiting AS
SELECT order_id, status, created_at
FROM inventory_orders
WHERE items IS NULL
  AND status IN ('Paid', 'PaymentFailed', 'Refunded', 'Cancelled')
  AND created_at < now() - interval '1 hour'
  AND order_id NOT LIKE 'erased-%';
