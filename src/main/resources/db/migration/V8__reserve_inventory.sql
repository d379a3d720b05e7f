-- Reserves lines, all of whose products are locked and in stock, and publishes InventoryReserved for each.
CREATE OR REPLACE FUNCTION reserve_lines(lines order_line[], reserved_at timestamptz, ttl interval) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    WITH line AS MATERIALIZED (
        -- taken: units of the product taken by this line and those before it.
        SELECT *, sum(quantity) OVER (PARTITION BY product_id ORDER BY arrival) AS taken FROM unnest(lines)
    ), reservation AS (
        INSERT INTO inventory_reservations (reservation_id, order_id, product_id, quantity_reserved, status, created_at, expires_at)
        SELECT gen_random_uuid(), order_id, product_id, quantity, 'Reserved', reserved_at, reserved_at + ttl FROM line
        -- The order held them before, and lost them.
        ON CONFLICT (order_id, product_id) DO UPDATE
        SET status = excluded.status, created_at = excluded.created_at, expires_at = excluded.expires_at
    ), stock AS (
        UPDATE inventory AS i
        SET available_stock = i.available_stock - wanted.quantity,
            reserved_stock  = i.reserved_stock + wanted.quantity,
            last_updated    = reserved_at,
            version         = i.version + wanted.orders
        FROM (SELECT product_id, sum(quantity) AS quantity, count(*) AS orders FROM line GROUP BY product_id) AS wanted
        WHERE i.product_id = wanted.product_id
        RETURNING i.product_id, i.available_stock + wanted.quantity AS available_before
    )
    INSERT INTO outbox
        (message_type, message_body, partition_key, correlation_id, causation_id, traceparent, tracestate, created_at, reserved_change)
    SELECT 'InventoryReserved',
           jsonb_build_object(
               'orderId', order_id,
               'productId', product_id,
               'quantityReserved', quantity,
               'remainingStock', available_before - taken,
               'reservedAt', utc(reserved_at)),
           order_id, correlation_id, message_id, traceparent, tracestate, reserved_at, quantity
    FROM line JOIN stock USING (product_id)
    ORDER BY arrival, product_id;
END
$$;

-- Reserves the stock of a batch of OrderCreated messages, each order whole or not at all.
--
-- The arrays have an element for each message, in arrival order; an order is {orderId, items: [{productId, quantity}]}.
-- ttl: how long a reservation holds before it expires
--
-- Returns one row for each message: its place in the arrays (from 1), the outcome of its order, and the short lines of a short order.
--   Reserved      stock moved, reservations and InventoryReserved events written
--   Paid          the same, and the order is paid already: the caller commits what it holds
--   Insufficient  only the claim of the order written: the caller publishes the short lines
--   PaymentFailed, Refunded, Cancelled
--                 the order already had this status: only its items written
--   Duplicate     the order already has its outcome: nothing written
--
-- Orders whose products suffice for the whole batch are reserved together. Orders for a contested product, of which there is not
-- enough for all, are reserved one after the other in arrival order, so that a short one does not starve a later one.
--
-- Every statement of the worker takes its locks in the same order, so that no two transactions wait for each other: first the orders by
-- order id, then the products by product id.
CREATE OR REPLACE FUNCTION reserve_inventory(
        message_ids text[], correlation_ids text[], traceparents text[], tracestates text[], orders jsonb[], ttl interval)
    RETURNS TABLE (arrival bigint, outcome text, short_lines jsonb)
    LANGUAGE plpgsql
    -- By default each statement is planned at every call, which takes as long as all the rest.
    SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    outcomes    text[];
    shorts      jsonb[];
    -- The lines of all orders to be reserved; lines of one product of an order are added up.
    lines       order_line[];
    -- Messages that want a contested product.
    contested   bigint[];
    place       bigint;
    too_many    record;
    reserved_at timestamptz;
BEGIN
    -- Claim the orders: a concurrent message of the same order waits here for our commit. A row without items was written by a message
    -- that came before OrderCreated. A row with items has its outcome, unless the order was paid after it had lost its reservation. A
    -- second message of an order in the same batch is a duplicate.
    WITH message AS (
        SELECT o ->> 'orderId' AS order_id, o -> 'items' AS items, arrival,
               row_number() OVER (PARTITION BY o ->> 'orderId' ORDER BY arrival) = 1 AS is_first
        FROM unnest(orders) WITH ORDINALITY AS batch (o, arrival)
    ), claim AS (
        INSERT INTO inventory_orders AS o (order_id, status, items, correlation_id)
        -- Only the fields that are needed to reserve it again, whatever else a handler gets: this row is kept.
        SELECT order_id, 'Reserved',
               (SELECT jsonb_agg(jsonb_build_object('productId', item -> 'productId', 'quantity', item -> 'quantity'))
                FROM jsonb_array_elements(items) AS item),
               correlation_ids[arrival]
        FROM message
        WHERE is_first
        ORDER BY order_id
        ON CONFLICT (order_id) DO UPDATE
        SET items = excluded.items, correlation_id = excluded.correlation_id
        WHERE o.items IS NULL OR o.status = 'Paid'
        RETURNING o.order_id, o.status
    )
    SELECT array_agg(CASE WHEN is_first THEN coalesce(claim.status, 'Duplicate') ELSE 'Duplicate' END ORDER BY arrival)
    INTO outcomes
    FROM message LEFT JOIN claim USING (order_id);

    lines := ARRAY(
        SELECT CAST(ROW (arrival, o ->> 'orderId', product_id, quantity,
                         message_ids[arrival], correlation_ids[arrival], traceparents[arrival], tracestates[arrival]) AS order_line)
        FROM unnest(orders) WITH ORDINALITY AS batch (o, arrival), LATERAL (
            SELECT item ->> 'productId' AS product_id, sum(CAST(item ->> 'quantity' AS numeric)) AS quantity
            FROM jsonb_array_elements(o -> 'items') AS item
            GROUP BY 1) AS line
        WHERE outcomes[arrival] IN ('Reserved', 'Paid')
        ORDER BY arrival, product_id);

    SELECT product_id, quantity INTO too_many FROM unnest(lines) WHERE quantity > 2147483647 LIMIT 1;
    IF FOUND THEN
        -- About the message, so that it is dead-lettered.
        RAISE SQLSTATE 'IW001' USING MESSAGE =
            format('items: the quantities of product %s add up to %s, more than 2147483647', too_many.product_id, too_many.quantity);
    END IF;

    -- Lock the products that they ask for.
    PERFORM FROM inventory WHERE product_id IN (SELECT product_id FROM unnest(lines)) ORDER BY product_id FOR UPDATE;

    -- Not now(), which is the start of the transaction: others that we waited for committed later.
    reserved_at := clock_timestamp();

    -- Check. An unknown product has nothing available.
    contested := ARRAY(
        SELECT DISTINCT arrival
        FROM unnest(lines)
        WHERE product_id IN (
            SELECT product_id
            FROM unnest(lines) AS wanted LEFT JOIN inventory AS i USING (product_id)
            GROUP BY product_id, i.available_stock
            HAVING sum(wanted.quantity) > coalesce(i.available_stock, 0))
        ORDER BY arrival);

    -- Then write: first all uncontested orders, then the others one by one, each of which sees what those before it have left.
    PERFORM reserve_lines(ARRAY(SELECT line FROM unnest(lines) AS line WHERE arrival <> ALL (contested)), reserved_at, ttl);
    FOREACH place IN ARRAY contested LOOP
        shorts[place] := (
            SELECT jsonb_agg(jsonb_build_object(
                       'productId', product_id,
                       'requestedQuantity', line.quantity,
                       'availableStock', coalesce(i.available_stock, 0)) ORDER BY product_id)
            FROM unnest(lines) AS line LEFT JOIN inventory AS i USING (product_id)
            WHERE arrival = place
              AND coalesce(i.available_stock, 0) < line.quantity);
        IF shorts[place] IS NULL THEN
            PERFORM reserve_lines(ARRAY(SELECT line FROM unnest(lines) AS line WHERE arrival = place), reserved_at, ttl);
        ELSE
            outcomes[place] := 'Insufficient';
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT arrival, message.outcome, shorts[arrival]
    FROM unnest(outcomes) WITH ORDINALITY AS message (outcome, arrival);
END
$$;
