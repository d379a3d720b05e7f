-- How many messages were given up.
SELECT count(*) FROM inbox WHERE dead_at IS NOT NULL
