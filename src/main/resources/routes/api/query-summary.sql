-- The read model of one product; null if nothing has happened to it.
SELECT CAST((SELECT summary FROM inventory_summary_row WHERE product_id = :#productId) AS text)
