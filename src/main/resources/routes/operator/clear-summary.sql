-- Empties the read model, for it to be made anew in this transaction; until its commit, readers see the old rows.
DELETE FROM inventory_summary
