-- Versioned like all: what a newer version has put here, an older one that is started again does not put back. A change is a new
-- migration with the whole function; its name, parameters and columns stay, or the older version cannot call it any more.
--
-- Reserves the stock of a batch of OrderCreated messages, each order whole or not at all.
--
-- messages: a JSON array in arrival order, each element
--           {messageId, correlationId, traceparent, tracestate, order: {orderId, items: [{productId, quantity}]}}
-- ttl:      how long a reservation holds before it expires
--
-- Returns one row for each message: its place in the array (from 1), its order's outcome, and for a short order what is short.
--   Reserved      stock moved, reservations and InventoryReserved events written
--   Paid          the same, and the order is paid already: the caller commits what it holds
--   Insufficient  nothing written but the claim of the order: the caller tells what is short
--   PaymentFailed, Refunded, Cancelled
--                 so the order was when it came: nothing written but what it asks for
--   Duplicate     the order already has its outcome: nothing written
--
-- Orders of which there is enough for all of the batch are reserved together. Those that want a product of which there is
-- not enough for all are reserved one after the other in arrival order, so that one that is short does not starve a later one.
--
-- Locks are taken in the same order by every statement of the worker, so that no two
-- transactions wait for each other: first the orders by order id, then the products by product id.
DROP FUNCTION IF EXISTS reserve_inventory(jsonb, interval);

CREATE FUNCTION reserve_inventory(messages jsonb, ttl interval)
    RETURNS TABLE (arrival bigint, message_id text, order_id text, outcome text, short_lines jsonb)
    LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    -- Of each message.
    message_ids     text[];
    order_ids       text[];
    correlation_ids text[];
    traceparents    text[];
    tracestates     text[];
    outcomes        text[];
    shorts          jsonb[];
    -- Of each product of each order that is to be reserved; lines of one product count together.
    line_arrivals   bigint[];
    line_products   text[];
    line_quantities numeric[];
    -- Messages that want a product of which there is not enough for all.
    contested       bigint[];
    place           bigint;
    short           jsonb;
    too_many        record;
    reserved_at     timestamptz;
BEGIN
    -- Claim the orders: a concurrent message of the same order waits here for our commit. An order
    -- that is there without its items is known by what came before it. One that is there with them
    -- has its outcome, but for one whose payment has come after it had lost what it held.
    -- A second message of an order in the same batch is a duplicate.
    WITH message AS (
        SELECT m, m -> 'order' ->> 'orderId' AS order_id, arrival,
               row_number() OVER (PARTITION BY m -> 'order' ->> 'orderId' ORDER BY arrival) = 1 AS is_first
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS batch (m, arrival)
    ), claim AS (
        INSERT INTO inventory_orders AS o (order_id, status, items, correlation_id)
        -- Of each line what it takes to reserve it again, whatever else a handler is given of it: this row is kept.
        SELECT order_id, 'Reserved',
               (SELECT jsonb_agg(jsonb_build_object('productId', item -> 'productId', 'quantity', item -> 'quantity'))
                FROM jsonb_array_elements(m -> 'order' -> 'items') AS item),
               m ->> 'correlationId'
        FROM message
        WHERE is_first
        ORDER BY order_id
        ON CONFLICT (order_id) DO UPDATE
        SET items = excluded.items, correlation_id = excluded.correlation_id
        WHERE o.items IS NULL OR o.status = 'Paid'
        RETURNING o.order_id, o.status
    )
    SELECT array_agg(m ->> 'messageId' ORDER BY arrival), array_agg(order_id ORDER BY arrival),
           array_agg(m ->> 'correlationId' ORDER BY arrival), array_agg(m ->> 'traceparent' ORDER BY arrival),
           array_agg(m ->> 'tracestate' ORDER BY arrival),
           array_agg(CASE WHEN is_first THEN coalesce(claim.status, 'Duplicate') ELSE 'Duplicate' END ORDER BY arrival)
    INTO message_ids, order_ids, correlation_ids, traceparents, tracestates, outcomes
    FROM message LEFT JOIN claim USING (order_id);

    SELECT array_agg(arrival ORDER BY arrival, product_id), array_agg(product_id ORDER BY arrival, product_id),
           array_agg(quantity ORDER BY arrival, product_id)
    INTO line_arrivals, line_products, line_quantities
    FROM (SELECT arrival, item ->> 'productId' AS product_id, sum((item ->> 'quantity')::numeric) AS quantity
          FROM jsonb_array_elements(messages) WITH ORDINALITY AS batch (m, arrival),
               jsonb_array_elements(m -> 'order' -> 'items') AS item
          WHERE outcomes[arrival] IN ('Reserved', 'Paid')
          GROUP BY 1, 2) AS line;

    SELECT product_id, quantity INTO too_many
    FROM unnest(line_products, line_quantities) AS line (product_id, quantity)
    WHERE quantity > 2147483647
    LIMIT 1;
    IF FOUND THEN
        -- About the message, so that it is dead-lettered.
        RAISE SQLSTATE 'IW001' USING MESSAGE =
            format('items: the quantities of product %s add up to %s, more than 2147483647', too_many.product_id, too_many.quantity);
    END IF;

    -- Lock what they ask for.
    PERFORM FROM inventory AS i WHERE i.product_id = ANY (line_products) ORDER BY i.product_id FOR UPDATE;

    -- Not now(): that is when the transaction began, before others that we waited for.
    reserved_at := clock_timestamp();

    -- Check. A product that is not known has nothing available.
    SELECT coalesce(array_agg(DISTINCT arrival ORDER BY arrival), '{}') INTO contested
    FROM unnest(line_arrivals, line_products) AS line (arrival, product_id)
    WHERE product_id IN (
        SELECT wanted.product_id
        FROM unnest(line_products, line_quantities) AS wanted (product_id, quantity)
        LEFT JOIN inventory AS i USING (product_id)
        GROUP BY wanted.product_id, i.available_stock
        HAVING sum(wanted.quantity) > coalesce(i.available_stock, 0));

    -- Then write: first all that nobody contests, then the others, of which each sees what those before have left.
    FOREACH place IN ARRAY CAST(0 AS bigint) || contested LOOP
        IF place > 0 THEN
            SELECT jsonb_agg(jsonb_build_object(
                       'productId', line.product_id,
                       'requestedQuantity', line.quantity,
                       'availableStock', coalesce(i.available_stock, 0)) ORDER BY line.product_id)
            INTO short
            FROM unnest(line_arrivals, line_products, line_quantities) AS line (arrival, product_id, quantity)
            LEFT JOIN inventory AS i ON i.product_id = line.product_id
            WHERE line.arrival = place
              AND coalesce(i.available_stock, 0) < line.quantity;

            IF short IS NOT NULL THEN
                outcomes[place] := 'Insufficient';
                shorts[place] := short;
                CONTINUE;
            END IF;
        END IF;

        WITH line AS MATERIALIZED (
            SELECT line.arrival, line.product_id, line.quantity::integer AS quantity,
                   -- What is taken up to here.
                   sum(line.quantity) OVER (PARTITION BY line.product_id ORDER BY line.arrival) AS taken
            FROM unnest(line_arrivals, line_products, line_quantities) AS line (arrival, product_id, quantity)
            WHERE CASE WHEN place > 0 THEN line.arrival = place ELSE line.arrival <> ALL (contested) END
        ), reservation AS (
            INSERT INTO inventory_reservations
                (reservation_id, order_id, product_id, quantity_reserved, status, created_at, expires_at)
            SELECT gen_random_uuid()::text, order_ids[line.arrival], line.product_id, line.quantity, 'Reserved',
                   reserved_at, reserved_at + ttl
            FROM line
            -- The order held them before, and lost them.
            ON CONFLICT ON CONSTRAINT inventory_reservations_order_id_product_id_key DO UPDATE
            SET status = excluded.status, created_at = excluded.created_at, expires_at = excluded.expires_at
        ), stock AS (
            UPDATE inventory AS i
            SET available_stock = i.available_stock - wanted.quantity,
                reserved_stock  = i.reserved_stock + wanted.quantity,
                last_updated    = reserved_at,
                version         = i.version + wanted.orders
            FROM (SELECT product_id, sum(quantity) AS quantity, count(*) AS orders FROM line GROUP BY 1) AS wanted
            WHERE i.product_id = wanted.product_id
            RETURNING i.product_id, i.available_stock + wanted.quantity AS available_before
        )
        INSERT INTO outbox
            (message_id, message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at,
             reserved_change)
        SELECT gen_random_uuid(), 'InventoryReserved',
               jsonb_build_object(
                   'orderId', order_ids[line.arrival],
                   'productId', line.product_id,
                   'quantityReserved', line.quantity,
                   'remainingStock', stock.available_before - line.taken,
                   'reservedAt', utc(reserved_at)),
               order_ids[line.arrival], correlation_ids[line.arrival], message_ids[line.arrival], traceparents[line.arrival],
               tracestates[line.arrival], reserved_at, line.quantity
        FROM line JOIN stock USING (product_id)
        ORDER BY line.arrival, line.product_id;
    END LOOP;

    RETURN QUERY
    SELECT message.arrival, message_ids[message.arrival], order_ids[message.arrival], message.outcome, shorts[message.arrival]
    FROM unnest(outcomes) WITH ORDINALITY AS message (outcome, arrival)
    ORDER BY message.arrival;
END
$$;
