-- The stock of one product; null if it is unknown.
SELECT CAST((SELECT stock FROM inventory_stock WHERE product_id = :#productId) AS text)
