-- Adds units to the available ones of a product, creates the product if necessary, records who wanted it and why, and publishes it.
-- Answers why the command is rejected, or null when it is done.
WITH command AS (
    SELECT CAST(:#messageId AS uuid) AS message_id, body ->> 'productId' AS product_id,
           CAST(body ->> 'quantityToAdd' AS numeric) AS quantity, body ->> 'by' AS changed_by, body ->> 'reason' AS reason
    FROM CAST(:#messageBody AS jsonb) AS body
), earlier AS (
    SELECT done.* FROM stock_changes AS done JOIN command USING (message_id)
), restocked AS (
    INSERT INTO inventory AS i (product_id, available_stock, initial_stock, last_updated)
    SELECT product_id, quantity, 0, clock_timestamp() FROM command WHERE NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (product_id) DO UPDATE
    SET available_stock = i.available_stock + excluded.available_stock,
        last_updated    = clock_timestamp(),
        version         = i.version + 1
    -- No more than an integer holds, even if all sold units come back. Evaluated after the product is locked.
    WHERE (SELECT available + reserved + committed FROM units_of(i.product_id)) + excluded.available_stock <= 2147483647
    RETURNING product_id, total_stock, last_updated
), recorded AS (
    INSERT INTO stock_changes (message_id, source_message_id, type, product_id, quantity, changed_by, reason, changed_at)
    SELECT message_id, :#sourceMessageId, 'RestockInventory', product_id, quantity, changed_by, reason, last_updated
    FROM restocked JOIN command USING (product_id)
), event AS (
    INSERT INTO outbox
        (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at)
    SELECT 'InventoryRestocked',
           jsonb_build_object(
               'productId', product_id,
               'quantityAdded', CAST(quantity AS integer),
               'newTotalQuantity', total_stock,
               'restockedAt', utc(last_updated))
           || jsonb_strip_nulls(jsonb_build_object('by', changed_by, 'reason', reason)),
           product_id, :#correlationId, :#sourceMessageId, :#traceparent, :#tracestate, last_updated
    FROM restocked JOIN command USING (product_id)
)
SELECT (SELECT coalesce(
            (SELECT format('MessageId: %s was that of a %s of product %s, which took effect at %s; it is not done twice',
                           source_message_id, type, product_id, utc(changed_at))
             FROM earlier),
            (SELECT format('quantityToAdd: %s more of product %s would be more than 2147483647 in all: '
                           '%s are available, %s reserved, and %s sold, which may come back',
                           quantity, product_id, available, reserved, committed)
             FROM units_of(product_id)))
        FROM command
        WHERE NOT EXISTS (SELECT FROM restocked)) AS rejection
