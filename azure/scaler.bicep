// The identity that KEDA's operator counts waiting messages with: one for all cells, as there is one operator.

@description('Issuer of the tokens of the cluster: az aks show --query oidcIssuerProfile.issuerUrl')
param oidcIssuer string

@description('Namespace of KEDA\'s operator in the cluster')
param kedaNamespace string

param location string

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
    audiences: ['api://AzureADTokenExchange']
  }
}

output clientId string = scaler.properties.clientId
output principalId string = scaler.properties.principalId
