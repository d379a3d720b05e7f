-- Records what an operator is about to do, who it is, why, and from where.
INSERT INTO operator_actions (action, parameters, acted_by, reason, client)
VALUES (:#action, CAST(:#parameters AS jsonb), :#by, :#reason, :#client)
