CREATE TABLE half_done (column_of_it text);
INSERT INTO nowhere VALUES (1);
