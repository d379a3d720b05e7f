-- Who has changed what by hand, and why: kept indefinitely. The worker's role may only add rows (afterMigrate.sql).

-- Each action of an operator, written before it is carried out.
CREATE TABLE operator_actions (
    action_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action     text        NOT NULL,
    -- Its parameters, such as the order or the source.
    parameters jsonb       NOT NULL,
    acted_by   text        NOT NULL CHECK (acted_by ~ '\S'),
    reason     text        NOT NULL CHECK (reason ~ '\S'),
    -- Address from which the request came; null if a route asked.
    client     text,
    acted_at   timestamptz NOT NULL DEFAULT now()
);

-- Each command that has changed the stock, and the initial stock of each product.
CREATE TABLE stock_changes (
    change_id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The command's; null for Initial. It recognises a command that comes again after retention has deleted it from the inbox.
    message_id        uuid        UNIQUE,
    source_message_id text,
    type              text        NOT NULL,
    product_id        text        NOT NULL,
    -- Units added; negative if removed.
    quantity          bigint      NOT NULL,
    -- As the command gives it; for Initial the database role.
    changed_by        text,
    reason            text,
    -- When the broker received the command: see outbox.enqueued_at.
    enqueued_at       timestamptz DEFAULT CAST(nullif(current_setting('inventory.enqueued_at', true), '') AS timestamptz),
    changed_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((type = 'Initial') = (message_id IS NULL))
);

-- For the check of the invariants. Not unique: a second row must not keep a product from being created, but is reported.
CREATE INDEX idx_stock_changes_initial ON stock_changes (product_id) INCLUDE (quantity)
    WHERE type = 'Initial';

CREATE FUNCTION record_initial_stock() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO stock_changes (type, product_id, quantity, changed_by) VALUES ('Initial', NEW.product_id, NEW.initial_stock, session_user);
    RETURN NULL;
END
$$;

CREATE TRIGGER record_initial_stock
    AFTER INSERT ON inventory
    FOR EACH ROW EXECUTE FUNCTION record_initial_stock();

-- The units of a product that are in stock, and those sold, which a cancellation may bring back. VOLATILE: it sees what is committed when
-- it is called, so it is right in a condition that is evaluated after the product is locked. Only commands change the sum, and each of
-- them locks the product.
CREATE FUNCTION units_of(product text) RETURNS TABLE (available bigint, reserved bigint, committed bigint)
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RETURN QUERY
    SELECT CAST(i.available_stock AS bigint), CAST(i.reserved_stock AS bigint),
           CAST(coalesce((SELECT u.committed FROM inventory_units AS u WHERE u.product_id = product), 0) AS bigint)
    FROM inventory AS i
    WHERE i.product_id = product;
END
$$;
