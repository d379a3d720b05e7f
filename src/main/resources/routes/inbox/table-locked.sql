-- Whether another transaction has locked a table against every write of the worker, as a migration does. Run by Outages.
SELECT EXISTS (
    SELECT FROM pg_locks AS lock JOIN pg_class AS relation ON relation.oid = lock.relation
    WHERE lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation.relnamespace = CAST(current_schema() AS regnamespace)
      AND relation.relkind = 'r'
      -- Not the place of a row, on which those who wait for the row have such a lock.
      AND lock.locktype = 'relation'
      -- Those that conflict with ROW EXCLUSIVE.
      AND lock.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND lock.granted)
