-- What is kept of a message. Of one that is processed its id, its type and the hash of its content, by which it is known when it
-- comes again; of one that is parked or dead what it takes to handle it. Old rows are brought to that. New messages wait
-- meanwhile, so that a large inbox is best migrated when little comes in.
ALTER TABLE inbox
    ALTER COLUMN message_body DROP NOT NULL,
    -- SHA-256 of the normalised message; null for messages of before: whatever comes under their ids counts as the same.
    ADD COLUMN content_hash bytea;

COMMENT ON COLUMN inbox.message_body IS 'The normalised message, until it is processed';

UPDATE inbox
SET message_body = NULL
WHERE processed_at IS NOT NULL;

UPDATE inbox
SET message_body = CASE message_type
                       WHEN 'OrderCreated' THEN jsonb_build_object(
                           'orderId', message_body -> 'orderId',
                           'items', (SELECT jsonb_agg(jsonb_build_object('productId', item -> 'productId', 'quantity', item -> 'quantity'))
                                     FROM jsonb_array_elements(message_body -> 'items') AS item))
                       WHEN 'OrderCancelled' THEN jsonb_build_object('orderId', message_body -> 'orderId')
                       WHEN 'PaymentFailed' THEN jsonb_build_object('orderId', message_body -> 'orderId')
                       WHEN 'PaymentProcessed' THEN jsonb_build_object(
                           'orderId', message_body -> 'orderId', 'status', message_body -> 'status')
                       WHEN 'RestockInventory' THEN jsonb_build_object(
                           'productId', message_body -> 'productId', 'quantityToAdd', message_body -> 'quantityToAdd')
                       WHEN 'AdjustInventory' THEN jsonb_build_object(
                           'productId', message_body -> 'productId', 'quantityChange', message_body -> 'quantityChange',
                           'reason', message_body -> 'reason')
                       ELSE message_body
                   END,
    -- Now with its kind, so that an order and a product of one name do not meet.
    partition_key = CASE
                        WHEN message_type IN ('RestockInventory', 'AdjustInventory') THEN 'product/' || (message_body ->> 'productId')
                        WHEN partition_key = message_body ->> 'orderId' THEN 'order/' || partition_key
                        WHEN partition_key = message_body ->> 'productId' THEN 'product/' || partition_key
                        ELSE partition_key
                    END
WHERE processed_at IS NULL;

COMMENT ON COLUMN inventory_orders.items IS 'Product and quantity of each line that OrderCreated asked for; null until it has come';

UPDATE inventory_orders
SET items = (SELECT coalesce(jsonb_agg(jsonb_build_object('productId', item -> 'productId', 'quantity', item -> 'quantity')), '[]')
             FROM jsonb_array_elements(items) AS item)
WHERE items IS NOT NULL;
