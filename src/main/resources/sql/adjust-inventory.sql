-- Corrects what is available of a product, and tells it. What is reserved stays as it is.
-- Answers why the command is rejected, or null when it is done.
WITH command AS (
    SELECT body ->> 'productId' AS product_id, CAST(body ->> 'quantityChange' AS numeric) AS change, body ->> 'reason' AS reason
    FROM CAST(:#messageBody AS jsonb) AS body
), adjusted AS (
    UPDATE inventory AS i
    SET available_stock = i.available_stock + change,
        last_updated    = clock_timestamp(),
        version         = i.version + 1
    FROM command
    WHERE i.product_id = command.product_id
      AND change <> 0
      AND i.available_stock + change >= 0
      AND i.total_stock + change <= 2147483647
    RETURNING i.product_id, i.total_stock, i.last_updated
), event AS (
    INSERT INTO outbox
        (message_id, message_type, message_body, partition_key, correlation_id, causation_id, traceparent, created_at)
    SELECT gen_random_uuid(), 'InventoryAdjusted',
           jsonb_build_object(
               'productId', product_id,
               'quantityChange', CAST(change AS integer),
               'newTotalQuantity', total_stock,
               'reason', reason,
               'adjustedAt', utc(last_updated)),
           product_id, :#correlationId, :#sourceMessageId, :#traceparent, last_updated
    FROM adjusted JOIN command USING (product_id)
)
SELECT (SELECT CASE
                   WHEN change = 0 THEN 'quantityChange: is 0, which changes nothing'
                   WHEN i.product_id IS NULL THEN format('productId: %s is not known', command.product_id)
                   ELSE format('quantityChange: is %s, but product %s has %s available of %s in all',
                               change, command.product_id, i.available_stock, i.total_stock)
               END
        FROM command LEFT JOIN inventory AS i USING (product_id)
        WHERE NOT EXISTS (SELECT FROM adjusted)) AS rejection
