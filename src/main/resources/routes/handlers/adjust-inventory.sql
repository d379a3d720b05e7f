-- Corrects the available units of a product, records who wanted it and why, and publishes it. Reserved units stay.
-- Answers why the command is rejected, or null when it is done.
WITH command AS (
    SELECT CAST(:#messageId AS uuid) AS message_id, body ->> 'productId' AS product_id,
           CAST(body ->> 'quantityChange' AS numeric) AS change, body ->> 'by' AS changed_by, body ->> 'reason' AS reason
    FROM CAST(:#messageBody AS jsonb) AS body
), earlier AS (
    SELECT done.* FROM stock_changes AS done JOIN command USING (message_id)
), adjusted AS (
    UPDATE inventory AS i
    SET available_stock = i.available_stock + change,
        last_updated    = clock_timestamp(),
        version         = i.version + 1
    FROM command
    WHERE i.product_id = command.product_id
      AND NOT EXISTS (SELECT FROM earlier)
      AND change <> 0
      AND i.available_stock + change >= 0
      -- No more than an integer holds, even if all sold units come back. Evaluated again if another transaction had the product locked.
      AND (change < 0 OR (SELECT available + reserved + committed FROM units_of(i.product_id)) + change <= 2147483647)
    RETURNING i.product_id, i.total_stock, i.last_updated
), recorded AS (
    INSERT INTO stock_changes (message_id, source_message_id, type, product_id, quantity, changed_by, reason, changed_at)
    SELECT message_id, :#sourceMessageId, 'AdjustInventory', product_id, change, changed_by, reason, last_updated
    FROM adjusted JOIN command USING (product_id)
), event AS (
    INSERT INTO outbox
        (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at)
    SELECT 'InventoryAdjusted',
           jsonb_build_object(
               'productId', product_id,
               'quantityChange', CAST(change AS integer),
               'newTotalQuantity', total_stock,
               'reason', reason,
               'adjustedAt', utc(last_updated))
           || jsonb_strip_nulls(jsonb_build_object('by', changed_by)),
           product_id, :#correlationId, :#sourceMessageId, :#traceparent, :#tracestate, last_updated
    FROM adjusted JOIN command USING (product_id)
)
SELECT (SELECT coalesce(
            (SELECT format('MessageId: %s was that of a %s of product %s, which took effect at %s; it is not done twice',
                           source_message_id, type, product_id, utc(changed_at))
             FROM earlier),
            CASE WHEN change = 0 THEN 'quantityChange: is 0, which changes nothing' END,
            (SELECT format('quantityChange: is %s, but product %s has %s available of %s in all, and %s sold, which may come back',
                           change, product_id, available, available + reserved, committed)
             FROM units_of(product_id)),
            format('productId: %s is not known', product_id))
        FROM command
        WHERE NOT EXISTS (SELECT FROM adjusted)) AS rejection
