-- Adds units to what is available of a product, creates the product if need be, and tells it.
-- Answers why the command is rejected, or null when it is done.
WITH command AS (
    SELECT body ->> 'productId' AS product_id, CAST(body ->> 'quantityToAdd' AS numeric) AS quantity
    FROM CAST(:#messageBody AS jsonb) AS body
), restocked AS (
    INSERT INTO inventory AS i (product_id, available_stock, initial_stock, last_updated)
    SELECT product_id, quantity, 0, clock_timestamp() FROM command
    ON CONFLICT (product_id) DO UPDATE
    SET available_stock = i.available_stock + excluded.available_stock,
        last_updated    = clock_timestamp(),
        version         = i.version + 1
    -- No more than an integer holds.
    WHERE CAST(i.total_stock AS bigint) + excluded.available_stock <= 2147483647
    RETURNING product_id, total_stock, last_updated
), event AS (
    INSERT INTO outbox
        (message_id, message_type, message_body, partition_key, correlation_id, causation_id, traceparent, created_at)
    SELECT gen_random_uuid(), 'InventoryRestocked',
           jsonb_build_object(
               'productId', product_id,
               'quantityAdded', CAST(quantity AS integer),
               'newTotalQuantity', total_stock,
               'restockedAt', utc(last_updated)),
           product_id, :#correlationId, :#sourceMessageId, :#traceparent, last_updated
    FROM restocked JOIN command USING (product_id)
)
SELECT (SELECT format('quantityToAdd: %s more of product %s would be more than 2147483647 in all', quantity, product_id)
        FROM command
        WHERE NOT EXISTS (SELECT FROM restocked)) AS rejection
