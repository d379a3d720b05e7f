// The identities of worker, migration and KEDA. Each trusts one service account of the cluster, so that a pod signs in without a secret.

@description('Issuer of the tokens of the cluster: az aks show --query oidcIssuerProfile.issuerUrl')
param oidcIssuer string

@description('Namespace of the worker in the cluster')
param workerNamespace string

@description('Namespace of KEDA\'s operator in the cluster')
param kedaNamespace string

param location string

var audiences = ['api://AzureADTokenExchange']

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'inventory-worker'
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
  name: 'inventory-worker-migration'
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

// A TriggerAuthentication with an identity makes KEDA's operator exchange its own token for one of that identity.
resource scaler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'inventory-worker-scaler'
  location: location
}
resource scalerCredential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: scaler
  name: 'keda-operator'
  properties: {
    issuer: oidcIssuer
    subject: 'system:serviceaccount:${kedaNamespace}:keda-operator'
    audiences: audiences
  }
}

output workerClientId string = worker.properties.clientId
output workerPrincipalId string = worker.properties.principalId
output migrationClientId string = migration.properties.clientId
output scalerClientId string = scaler.properties.clientId
output scalerPrincipalId string = scaler.properties.principalId
