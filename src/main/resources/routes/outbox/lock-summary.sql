-- Waits for a running fold of the read model, and prevents others from folding until this transaction ends.
SELECT pg_advisory_xact_lock(hashtext(concat(nullif(current_schema(), 'public'), 'inventory_summary')))
