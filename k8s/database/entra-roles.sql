-- Lets the identities of worker and migration log in as the two roles of roles.sql with a token of Entra ID, and no password. The Entra
-- administrator of the server runs both files with psql; worker and migration are the object ids (principal ids) of the identities:
--   psql … --set=worker=<object id> --set=migration=<object id> --file=k8s/database/roles.sql --file=k8s/database/entra-roles.sql
-- The label is the one that pgaadauth_create_principal_with_oid sets on the roles that it creates.
\set worker_label 'aadauth,oid=' :worker ',type=service'
\set migration_label 'aadauth,oid=' :migration ',type=service'
SECURITY LABEL FOR pgaadauth ON ROLE inventory_worker IS :'worker_label';
SECURITY LABEL FOR pgaadauth ON ROLE inventory_migration IS :'migration_label';
