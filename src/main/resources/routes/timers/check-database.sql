-- Fails unless the server takes changes, and this role may make them: that is found out before any row is looked for.
-- Answers whether the connection has what the worker sets on its connections.
SELECT current_setting('lock_timeout') <> '0' AS configured
FROM (SELECT count(*) FROM (SELECT FROM inbox WHERE false FOR UPDATE) AS nothing) AS asked
