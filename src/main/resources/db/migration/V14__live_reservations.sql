-- What is held now, by product: for the check of the invariants, whatever the number of reservations that are over.
CREATE INDEX idx_reservations_live ON inventory_reservations (product_id) INCLUDE (order_id, quantity_reserved)
    WHERE status = 'Reserved';
