// All that the worker needs in Azure: Service Bus with the entities of servicebus/Config.json, PostgreSQL, identities and rights, alerts.
//   az deployment group create --resource-group shop --name inventory-worker --template-file azure/main.bicep --parameters …
// Its output "installation" is the content of k8s/installation/installation.env.

// Service Bus

@description('Name of the Service Bus namespace, without .servicebus.windows.net')
param namespaceName string

@description('Topics that the shop has already, e.g. ["orders", "payments"]. They and their namespace, which is in this resource group, stay as they are; the template adds subscriptions to them. Of the times to live of a topic and of its subscription the shorter one counts. Empty: it makes the namespace and all topics')
param existingTopics string[] = []

@description('Standard or Premium: Basic has no topics')
@allowed(['Standard', 'Premium'])
param sku string = 'Standard'

@description('Messaging units: the capacity of a Premium namespace')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int = 1

@description('Whether connection strings are refused. If not, the key inventory-worker may listen and send')
param disableLocalAuth bool = true

@description('How long a message waits for its receiver, ISO 8601; then it is in the dead-letter queue. Shorter than inventory.retention.inbox (30 days), so that the worker still knows a message that comes twice. Neither tier of this template has a maximum (Basic has 14 days)')
param messageTimeToLive string = 'P14D'

@description('How long topic inventory remembers message ids, ISO 8601, up to 7 days: longer than an outage, after which the worker may send an event again. A long time costs throughput')
param duplicateDetectionWindow string = 'P1D'

@description('Largest size of a queue or topic, in MiB: room for a backlog of that time. Standard has up to 5120, Premium up to 81920')
@minValue(1024)
@maxValue(81920)
param maxSize int = 5120

@description('Largest message that the entities accept, in KiB; Premium only, Standard has 256. The same as inventory.servicebus.max-message-size of the worker, which needs memory for many of them')
@maxValue(102400)
param maxMessageSize int = 1024

// Cluster

@description('Issuer of the tokens of the cluster: az aks show --query oidcIssuerProfile.issuerUrl')
param oidcIssuer string

@description('Namespace of the worker in the cluster')
param workerNamespace string

@description('Namespace of KEDA\'s operator in the cluster; kube-system for the add-on of AKS')
param kedaNamespace string = 'keda'

// PostgreSQL

@description('Name of the server, without .postgres.database.azure.com')
param databaseServerName string = '${namespaceName}-inventory'

@description('Object id of the user, group or application that administers the server, and creates the roles: az ad signed-in-user show --query id')
param databaseAdministratorId string

@description('Name of the administrator, with which it logs in: az ad signed-in-user show --query userPrincipalName')
param databaseAdministratorName string

@description('Kind of the administrator')
@allowed(['User', 'Group', 'ServicePrincipal'])
param databaseAdministratorType string = 'User'

@description('Password of a further administrator, inventory_administrator. Empty: nobody logs in with a password, only with Entra ID')
@secure()
param databasePassword string = ''

@description('Compute tier. Burstable has no high availability, and too few connections for six instances')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string = 'GeneralPurpose'

@description('Compute size')
param databaseSize string = 'Standard_D2ds_v5'

@description('Storage in GiB. It grows by itself and cannot shrink: once it has grown, give the present size')
param databaseStorage int = 128

@description('Whether a standby takes over when the server is lost: in another zone, if the region has zones for it, or in the same one')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'ZoneRedundant'

// Network

@description('Resource id of a subnet that the cluster reaches: PostgreSQL, and a Premium namespace, get their addresses there and none that is public. Empty: public addresses')
param subnetId string = ''

@description('IPv4 addresses that reach the public address of PostgreSQL: of the cluster\'s outbound traffic, and of the administrator')
param allowedAddresses string[] = []

@description('Whether the Service Bus namespace can be reached from the internet. Disabled and SecuredByPerimeter need Premium; the latter a network security perimeter, which this template does not create')
@allowed(['Enabled', 'Disabled', 'SecuredByPerimeter'])
param publicNetworkAccess string = sku == 'Premium' && !empty(subnetId) ? 'Disabled' : 'Enabled'

// Monitoring

@description('Resource id of the Log Analytics workspace that gets the logs and metrics of both; empty: none. Only a Premium namespace logs who sent and received what')
param logAnalyticsWorkspaceId string = ''

@description('Resource id of the action group that is notified of dead letters and backlogs; empty: the alerts only show in Azure Monitor')
param actionGroupId string = ''

@description('Number of messages that may wait in a queue, or in all subscriptions of a topic together, for a quarter of an hour. More than the 500 for each of six instances up to which KEDA adds some (k8s/autoscaling)')
param backlog int = 5000

param location string = resourceGroup().location

// One source for names and properties: here, in Microsoft's emulator, and in the tests. Except two times, of which the emulator accepts no
// more than an hour and five minutes: after an outage of an hour the whole backlog would be in the dead-letter queues.
// RequiresDuplicateDetection is false for what the worker receives. Its table inbox knows a message id for 30 days, instead of the minutes
// of Service Bus' window, which costs throughput of the broker and cannot be changed on an existing entity.
var topology = loadJsonContent('../servicebus/Config.json').UserConfig.Namespaces[0]

module serviceBus 'servicebus.bicep' = {
  name: 'inventory-worker-service-bus'
  params: {
    namespaceName: namespaceName
    existingTopics: existingTopics
    sku: sku
    messagingUnits: messagingUnits
    queues: topology.Queues
    topics: topology.Topics
    disableLocalAuth: disableLocalAuth
    publicNetworkAccess: publicNetworkAccess
    messageTimeToLive: messageTimeToLive
    duplicateDetectionWindow: duplicateDetectionWindow
    maxSize: maxSize
    maxMessageSize: maxMessageSize
    logAnalyticsWorkspaceId: logAnalyticsWorkspaceId
    location: location
  }
}

module identities 'identities.bicep' = {
  name: 'inventory-worker-identities'
  params: {
    oidcIssuer: oidcIssuer
    workerNamespace: workerNamespace
    kedaNamespace: kedaNamespace
    location: location
  }
}

module access 'access.bicep' = {
  name: 'inventory-worker-access'
  params: {
    namespaceName: serviceBus.outputs.namespaceName
    workerPrincipalId: identities.outputs.workerPrincipalId
    scalerPrincipalId: identities.outputs.scalerPrincipalId
    receivedSubscriptions: [
      { topic: 'orders', name: 'inventory' }
      { topic: 'payments', name: 'inventory' }
    ]
    receivedQueues: ['inventory-commands']
    eventsTopic: 'inventory'
  }
}

module database 'database.bicep' = {
  name: 'inventory-worker-database'
  params: {
    serverName: databaseServerName
    tier: databaseTier
    size: databaseSize
    storage: databaseStorage
    highAvailability: databaseHighAvailability
    administratorId: databaseAdministratorId
    administratorName: databaseAdministratorName
    administratorType: databaseAdministratorType
    password: databasePassword
    private: !empty(subnetId)
    allowedAddresses: allowedAddresses
    logAnalyticsWorkspaceId: logAnalyticsWorkspaceId
    location: location
  }
}

module databaseEndpoint 'private-endpoint.bicep' = if (!empty(subnetId)) {
  name: 'inventory-worker-database-endpoint'
  params: {
    name: databaseServerName
    serviceId: database.outputs.serverId
    groupId: 'postgresqlServer'
    zoneName: 'privatelink.postgres.database.azure.com'
    subnetId: subnetId
    location: location
  }
}

// The endpoint of an existing namespace is the shop's, like the namespace.
module serviceBusEndpoint 'private-endpoint.bicep' = if (!empty(subnetId) && sku == 'Premium' && empty(existingTopics)) {
  name: 'inventory-worker-service-bus-endpoint'
  params: {
    name: namespaceName
    serviceId: serviceBus.outputs.namespaceId
    groupId: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
    subnetId: subnetId
    location: location
  }
}

module alerts 'alerts.bicep' = {
  name: 'inventory-worker-alerts'
  params: {
    namespaceId: serviceBus.outputs.namespaceId
    entities: concat(map(topology.Queues, queue => queue.Name), map(topology.Topics, topic => topic.Name))
    backlog: backlog
    actionGroupId: actionGroupId
  }
}

@description('The lines of k8s/installation/installation.env')
output installation string[] = [
  'WORKER_CLIENT_ID=${identities.outputs.workerClientId}'
  'SCALER_CLIENT_ID=${identities.outputs.scalerClientId}'
  'MIGRATION_CLIENT_ID=${identities.outputs.migrationClientId}'
  'SERVICEBUS_NAMESPACE=${namespaceName}'
  'SERVICEBUS_HOST=${serviceBus.outputs.host}'
  'DATABASE_URL=${database.outputs.url}'
]
