-- Waits for a fold of the read model that is under way, and keeps everyone else from folding until this transaction ends.
SELECT pg_advisory_xact_lock(hashtext(concat(nullif(current_schema(), 'public'), 'inventory_summary')))
