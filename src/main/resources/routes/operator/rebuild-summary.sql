-- Rebuilds the read model: see rebuild_summary in db/migration. The caller prevents others from folding.
-- Answers the number of products.
SELECT rebuild_summary() AS count
