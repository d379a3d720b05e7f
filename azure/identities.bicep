// The identities of a worker and its migration. Each trusts one service account of the cluster, so that a pod signs in without a secret.

@description('Of a cell: a hyphen and its name; else empty')
param suffix string

@description('Issuer of the tokens of the cluster: az aks show --query oidcIssuerProfile.issuerUrl')
param oidcIssuer string

@description('Namespace of the worker in the cluster')
param workerNamespace string

param location string

var audiences = ['api://AzureADTokenExchange']

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'inventory${suffix}-worker'
  location: location
}
resource workerCredential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: worker
  name: 'service-account'
  properties: {
    issuer: oidcIssuer
    subject: 'system:serviceaccount:${workerNamespace}:inventory-worker'
    audiences: audiences
  }
}

// Owns and changes the tables; has no right on Service Bus.
resource migration 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'inventory${suffix}-worker-migration'
  location: location
}
resource migrationCredential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: migration
  name: 'service-account'
  properties: {
    issuer: oidcIssuer
    subject: 'system:serviceaccount:${workerNamespace}:inventory-worker-migration'
    audiences: audiences
  }
}

output workerClientId string = worker.properties.clientId
output workerPrincipalId string = worker.properties.principalId
output migrationClientId string = migration.properties.clientId
