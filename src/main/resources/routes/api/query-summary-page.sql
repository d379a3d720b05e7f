-- A page of the read model in the order of product ids.
SELECT CAST(json_build_object(
    'items', coalesce(json_agg(summary), '[]'),
    'next', (array_agg(product_id))[CAST(:#limit AS integer)]) AS text)
FROM (
    SELECT product_id, summary
    FROM inventory_summary_row
    WHERE product_id > :#after
    ORDER BY product_id
    LIMIT CAST(:#limit AS integer)
) AS page
