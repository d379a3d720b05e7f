-- The backlog, with ages in seconds: each column is the metric of its name. Counts end at 100,000.
SELECT parked AS "inventory.inbox.parked",
       dead AS "inventory.inbox.dead",
       unpublished AS "inventory.outbox.pending",
       refused AS "inventory.outbox.refused",
       age_of(unpublished_since) AS "inventory.outbox.age",
       age_of((SELECT min(expires_at) FROM inventory_reservations WHERE status = 'Reserved')) AS "inventory.expiry.lag",
       orders_waiting AS "inventory.orders.waiting",
       unfolded AS "inventory.summary.pending",
       age_of(unfolded_since) AS "inventory.summary.lag"
FROM backlog(100000)
