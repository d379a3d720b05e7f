-- A page of the stock in the order of product ids, compared as bytes. Only one of the two branches runs.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(stock), '[]'),
    'next', (array_agg(product_id))[CAST(:#limit AS integer)]) AS text)
FROM (
    (SELECT product_id, stock
     FROM inventory_stock
     WHERE CAST(:#sort AS text) = 'productId'
       AND product_id COLLATE "C" >= :#prefix
       AND product_id COLLATE "C" < :#prefix || chr(1114111)
       AND product_id COLLATE "C" > :#after
     ORDER BY product_id COLLATE "C"
     LIMIT CAST(:#limit AS integer))
    UNION ALL
    (SELECT product_id, stock
     FROM inventory_stock
     WHERE CAST(:#sort AS text) = '-productId'
       AND product_id COLLATE "C" >= :#prefix
       AND product_id COLLATE "C" < :#prefix || chr(1114111)
       AND product_id COLLATE "C" < coalesce(nullif(:#after, ''), chr(1114111))
     ORDER BY product_id COLLATE "C" DESC
     LIMIT CAST(:#limit AS integer))
) AS page
