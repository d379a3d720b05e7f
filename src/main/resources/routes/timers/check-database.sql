-- Fails unless the server accepts changes and this role may make them, which PostgreSQL checks before it reads a row.
-- Answers whether the connection has the settings that the worker makes on its connections.
SELECT current_setting('lock_timeout') <> '0' AS configured
FROM (SELECT count(*) FROM (SELECT FROM inbox WHERE false FOR UPDATE) AS nothing) AS asked
