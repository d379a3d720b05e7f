-- The two roles of the database. An administrator creates them once, before the first migration, connected to the worker's database.
-- What inventory_worker may do with the tables is in src/main/resources/db/roles/afterMigrate.sql.

-- Owns and changes the tables; only the migration logs in as it.
CREATE ROLE inventory_migration LOGIN;
-- The worker: no DDL, and no DELETE on the shop's history. Six instances with 20 connections each, and two more while a new
-- version is rolled out; with another maxReplicaCount or maximum-pool-size, another limit.
CREATE ROLE inventory_worker LOGIN CONNECTION LIMIT 160;
-- The worker abandons a statement after 60 s (socketTimeout); the server must end it too, or it keeps its locks. A migration may take longer.
ALTER ROLE inventory_worker SET statement_timeout = '60s';
-- The other settings that the worker relies on, whatever the defaults of the database: as connection-init-sql of src/main/resources/application.yaml,
-- for connections of a pooler, which do not keep their settings.
ALTER ROLE inventory_worker SET search_path = public;
ALTER ROLE inventory_worker SET lock_timeout = '5s';
ALTER ROLE inventory_worker SET idle_in_transaction_session_timeout = '120s';
ALTER ROLE inventory_worker SET default_transaction_isolation = 'read committed';
ALTER ROLE inventory_worker SET synchronous_commit = on;
ALTER ROLE inventory_worker SET standard_conforming_strings = on;
ALTER ROLE inventory_worker SET array_nulls = on;
ALTER ROLE inventory_worker SET idle_session_timeout = 0;
-- The same for the migration: spring.flyway.init-sqls there.
ALTER ROLE inventory_migration SET statement_timeout = 0;
ALTER ROLE inventory_migration SET idle_in_transaction_session_timeout = 0;
ALTER ROLE inventory_migration SET lock_timeout = '5s';
ALTER ROLE inventory_migration SET standard_conforming_strings = on;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO inventory_migration;
GRANT USAGE ON SCHEMA public TO inventory_worker;

-- No other role may connect to this database. In a string, because the name of the database is unknown here. PostgreSQL only warns when
-- somebody who does not own the database grants rights on it.
DO '
BEGIN
    EXECUTE format(''REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC'', current_database());
    EXECUTE format(''GRANT CONNECT ON DATABASE %I TO inventory_migration, inventory_worker'', current_database());
    IF NOT has_schema_privilege(''inventory_migration'', ''public'', ''CREATE'') THEN
        RAISE EXCEPTION ''no right was granted: % does not own database %'', current_user, current_database();
    END IF;
END';
