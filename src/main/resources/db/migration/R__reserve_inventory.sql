-- Reserves the stock of a batch of OrderCreated messages, each order whole or not at all.
--
-- messages: a JSON array in arrival order, each element
--           {messageId, correlationId, traceparent, order: {orderId, items: [{productId, quantity}]}}
-- ttl:      how long a reservation holds before it expires
--
-- Returns one row for each message: its order's outcome, and for a short order what is short.
--   Reserved      stock moved, reservations and InventoryReserved events written
--   Paid          the same, and the order is paid already: the caller commits what it holds
--   Insufficient  nothing written but the claim of the order: the caller tells what is short
--   PaymentFailed, Refunded, Cancelled
--                 so the order was when it came: nothing written but what it asks for
--   Duplicate     the order already has its outcome: nothing written
--
-- Locks are taken in the same order by every statement of the worker, so that no two
-- transactions wait for each other: first the orders by order id, then the products by product id.
CREATE OR REPLACE FUNCTION reserve_inventory(messages jsonb, ttl interval)
    RETURNS TABLE (message_id text, order_id text, outcome text, short_lines jsonb)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    claimed    jsonb;
    message    record;
    products   text[];
    quantities integer[];
    too_many   record;
    reserved_at timestamptz;
BEGIN
    -- Claim the orders: a concurrent message of the same order waits here for our commit. An order
    -- that is there without its items is known by what came before it. One that is there with them
    -- has its outcome, but for one whose payment has come after it had lost what it held.
    WITH claim AS (
        INSERT INTO inventory_orders AS o (order_id, status, items, correlation_id)
        SELECT DISTINCT ON (1) m -> 'order' ->> 'orderId', 'Reserved', m -> 'order' -> 'items', m ->> 'correlationId'
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS batch (m, arrival)
        ORDER BY 1, arrival
        ON CONFLICT (order_id) DO UPDATE
        SET items = excluded.items, correlation_id = excluded.correlation_id
        WHERE o.items IS NULL OR o.status = 'Paid'
        RETURNING o.order_id, o.status
    )
    SELECT coalesce(jsonb_object_agg(claim.order_id, claim.status), '{}') INTO claimed FROM claim;

    -- Lock what they ask for.
    SELECT array_agg(DISTINCT item ->> 'productId') INTO products
    FROM jsonb_array_elements(messages) AS m,
         jsonb_array_elements(m -> 'order' -> 'items') AS item
    WHERE claimed ->> (m -> 'order' ->> 'orderId') IN ('Reserved', 'Paid');

    PERFORM FROM inventory AS i WHERE i.product_id = ANY (products) ORDER BY i.product_id FOR UPDATE;

    -- Not now(): that is when the transaction began, before others that we waited for.
    reserved_at := clock_timestamp();

    FOR message IN
        SELECT m ->> 'messageId'           AS id,
               m ->> 'correlationId'       AS correlation_id,
               m ->> 'traceparent'         AS traceparent,
               m -> 'order' ->> 'orderId'  AS order_id,
               m -> 'order' -> 'items'     AS items
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS batch (m, arrival)
        ORDER BY arrival
    LOOP
        message_id := message.id;
        order_id := message.order_id;
        short_lines := NULL;
        outcome := coalesce(claimed ->> message.order_id, 'Duplicate');
        -- A second message of this order in the same batch is a duplicate.
        claimed := claimed - message.order_id;

        IF outcome NOT IN ('Reserved', 'Paid') THEN
            RETURN NEXT;
            CONTINUE;
        END IF;

        -- Lines of one product count together.
        SELECT line.product_id, line.quantity INTO too_many
        FROM (SELECT item ->> 'productId' AS product_id, sum((item ->> 'quantity')::numeric) AS quantity
              FROM jsonb_array_elements(message.items) AS item
              GROUP BY 1) AS line
        WHERE line.quantity > 2147483647
        LIMIT 1;
        IF FOUND THEN
            RAISE numeric_value_out_of_range USING MESSAGE =
                format('items: the quantities of product %s add up to %s, more than 2147483647',
                       too_many.product_id, too_many.quantity);
        END IF;

        SELECT array_agg(line.product_id), array_agg(line.quantity) INTO products, quantities
        FROM (SELECT item ->> 'productId' AS product_id, sum((item ->> 'quantity')::numeric)::integer AS quantity
              FROM jsonb_array_elements(message.items) AS item
              GROUP BY 1
              ORDER BY 1) AS line;

        -- Check. A product that is not known has nothing available.
        SELECT jsonb_agg(jsonb_build_object(
                   'productId', line.product_id,
                   'requestedQuantity', line.quantity,
                   'availableStock', coalesce(i.available_stock, 0)) ORDER BY line.product_id)
        INTO short_lines
        FROM unnest(products, quantities) AS line (product_id, quantity)
        LEFT JOIN inventory AS i ON i.product_id = line.product_id
        WHERE coalesce(i.available_stock, 0) < line.quantity;

        IF short_lines IS NOT NULL THEN
            outcome := 'Insufficient';
            RETURN NEXT;
            CONTINUE;
        END IF;

        -- Then write.
        WITH line AS (
            SELECT * FROM unnest(products, quantities) AS line (product_id, quantity)
        ), reservation AS (
            INSERT INTO inventory_reservations
                (reservation_id, order_id, product_id, quantity_reserved, status, created_at, expires_at)
            SELECT gen_random_uuid()::text, message.order_id, line.product_id, line.quantity, 'Reserved',
                   reserved_at, reserved_at + ttl
            FROM line
            -- The order held them before, and lost them.
            ON CONFLICT ON CONSTRAINT inventory_reservations_order_id_product_id_key DO UPDATE
            SET status = excluded.status, created_at = excluded.created_at, expires_at = excluded.expires_at
        ), stock AS (
            UPDATE inventory AS i
            SET available_stock = i.available_stock - line.quantity,
                reserved_stock  = i.reserved_stock + line.quantity,
                last_updated    = reserved_at,
                version         = i.version + 1
            FROM line
            WHERE i.product_id = line.product_id
            RETURNING i.product_id, line.quantity, i.available_stock
        )
        INSERT INTO outbox
            (message_id, message_type, message_body, partition_key, correlation_id, causation_id, traceparent, created_at, reserved_change)
        SELECT gen_random_uuid(), 'InventoryReserved',
               jsonb_build_object(
                   'orderId', message.order_id,
                   'productId', stock.product_id,
                   'quantityReserved', stock.quantity,
                   'remainingStock', stock.available_stock,
                   'reservedAt', utc(reserved_at)),
               message.order_id, message.correlation_id, message.id, message.traceparent, reserved_at, stock.quantity
        FROM stock
        ORDER BY stock.product_id;

        RETURN NEXT;
    END LOOP;
END
$$;
