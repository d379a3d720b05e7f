-- What waits is so little among the old rows that a sample finds none of it. For one row, the planner takes a scan of
-- all that waits for as good as a lookup in it, and is wrong when much has come. Without statistics it assumes that
-- something waits.
ALTER TABLE inbox ALTER COLUMN processed_at SET STATISTICS 0;
ALTER TABLE outbox ALTER COLUMN published_at SET STATISTICS 0;
ALTER TABLE inventory_reservations ALTER COLUMN status SET STATISTICS 0;

-- Each event that is published leaves a dead entry where the relay looks for the next one.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, vacuum_index_cleanup = on);
