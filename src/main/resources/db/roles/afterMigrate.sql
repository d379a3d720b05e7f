-- The rights of the worker, granted again after each migration, so that they include new tables. Only the migration Job runs this: a
-- worker that makes its tables itself owns them, and its database need not have the role.
DO $$
BEGIN
    -- A newer version has migrated, and has granted what it needs.
    IF EXISTS (SELECT FROM flyway_schema_history WHERE CAST(version AS integer) > ${newest_migration}) THEN
        RETURN;
    END IF;

    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA "${flyway:defaultSchema}" TO "${worker_role}";
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA "${flyway:defaultSchema}" TO "${worker_role}";
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "${flyway:defaultSchema}" TO "${worker_role}";

    -- Retention, the read model's fold and its rebuild. Nothing else is ever deleted.
    GRANT DELETE ON inbox, outbox, outbox_unprojected, inventory_summary TO "${worker_role}";

    -- The audit: rows are added and never changed.
    REVOKE UPDATE ON message_replays, operator_actions, stock_changes FROM "${worker_role}";

    -- The worker must not change the initial stock of a product.
    REVOKE UPDATE ON inventory FROM "${worker_role}";
    GRANT UPDATE (available_stock, reserved_stock, last_updated, version) ON inventory TO "${worker_role}";

    -- Only the migration writes the history of migrations.
    REVOKE INSERT, UPDATE ON flyway_schema_history FROM "${worker_role}";
END
$$;
