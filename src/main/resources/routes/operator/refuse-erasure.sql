-- Answers why an order cannot be erased, or null. Run after the order is locked, so that it sees everything that was committed for it.
SELECT CASE
           WHEN EXISTS (SELECT FROM inventory_reservations AS r WHERE r.order_id = subject.order_id AND r.status = 'Reserved')
               THEN 'orderId: the order holds a reservation; it can be erased when that is paid, cancelled or expired'
           WHEN EXISTS (SELECT FROM inbox WHERE partition_key = inbox_key AND processed_at IS NULL AND dead_at IS NULL)
               THEN 'orderId: a message of the order is parked; it can be erased when that is handled or dead'
           WHEN EXISTS (SELECT FROM outbox AS o
                        WHERE o.published_at IS NULL AND o.partition_key = subject.order_id
                          -- A product may have the same id.
                          AND o.message_body ->> 'orderId' = subject.order_id)
               THEN 'orderId: an event of the order is not published yet; it can be erased when it is'
       END AS refusal
FROM (SELECT order_id, inbox_key(order_id) FROM CAST(:#orderId AS text) AS order_id) AS subject
