-- The two roles of the database, for an administrator to make once before the first migration, connected to the worker's database.
-- What inventory_worker may do with the tables is in src/main/resources/db/roles/afterMigrate.sql.

-- Owns and changes the tables; only the migration logs in as it.
CREATE ROLE inventory_migration LOGIN;
-- The worker: no DDL, and no DELETE where the shop's history is.
CREATE ROLE inventory_worker LOGIN;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO inventory_migration;
GRANT USAGE ON SCHEMA public TO inventory_worker;
