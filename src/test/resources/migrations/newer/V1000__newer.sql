-- Changes of a newer version.
COMMENT ON FUNCTION reserve_inventory IS 'of a newer version';
ALTER TABLE inventory_orders ADD COLUMN priority integer;
