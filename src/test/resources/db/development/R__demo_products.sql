-- Sample products, only for development.
INSERT INTO inventory (product_id, available_stock)
VALUES ('prod-456', 100),
       ('prod-789', 50)
ON CONFLICT (product_id) DO NOTHING;
