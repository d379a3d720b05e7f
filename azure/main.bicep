// All that the worker needs in Azure: Service Bus with the entities of servicebus/Config.json, PostgreSQL, identities and rights, alerts.
//   az deployment group create --resource-group shop --name inventory-worker --template-file azure/main.bicep --parameters …
// Its output "installation" is the content of k8s/installation/installation.env; with cells, "installations" has that of each cell.

// Cells

@description('Whether to make the cells of k8s/cells/cells.yaml (docs/scale.md): the topology of servicebus/Config.cells.json, and identities, rights and a database for each')
param cells bool = false

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

@description('Namespace of the worker in the cluster. With cells the beginning of theirs: inventory, as in k8s/cells/template.yaml')
param workerNamespace string

@description('Namespace of KEDA\'s operator in the cluster; kube-system for the add-on of AKS')
param kedaNamespace string = 'keda'

// PostgreSQL

@description('Name of the server, without .postgres.database.azure.com. A cell has a server of its own: this name, a hyphen and its name, up to 63 characters')
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
var topology = any(cells ? loadJsonContent('../servicebus/Config.cells.json') : loadJsonContent('../servicebus/Config.json')).UserConfig.Namespaces[0]

// One worker without a suffix, or those of the cells.
var names = cells ? map(loadYamlContent('../k8s/cells/cells.yaml').cells, cell => cell.name) : []
var suffixes = cells ? map(names, name => '-${name}') : ['']

// What a worker receives. Workers of cells also count the messages that no cell takes.
func received(suffix string) array => [
  { topic: 'orders', name: 'inventory${suffix}' }
  { topic: 'payments', name: 'inventory${suffix}' }
]
var unrouted = cells ? map(topology.Topics, topic => { topic: topic.Name, name: 'unrouted' }) : []

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

module identities 'identities.bicep' = [for suffix in suffixes: {
  name: 'inventory-identities${suffix}'
  params: {
    suffix: suffix
    oidcIssuer: oidcIssuer
    workerNamespace: '${workerNamespace}${suffix}'
    location: location
  }
}]

module access 'access.bicep' = [for (suffix, i) in suffixes: {
  name: 'inventory-access${suffix}'
  params: {
    namespaceName: serviceBus.outputs.namespaceName
    workerPrincipalId: identities[i].outputs.workerPrincipalId
    receivedSubscriptions: concat(received(suffix), unrouted)
    receivedQueues: ['inventory-commands${suffix}']
    eventsTopic: 'inventory'
  }
}]

module scaler 'scaler.bicep' = {
  name: 'inventory-worker-scaler'
  params: {
    oidcIssuer: oidcIssuer
    kedaNamespace: kedaNamespace
    location: location
  }
}

module counts 'counts.bicep' = {
  name: 'inventory-worker-counts'
  params: {
    namespaceName: serviceBus.outputs.namespaceName
    scalerPrincipalId: scaler.outputs.principalId
    receivedSubscriptions: flatten(map(suffixes, suffix => received(suffix)))
    receivedQueues: map(suffixes, suffix => 'inventory-commands${suffix}')
  }
}

module database 'database.bicep' = [for suffix in suffixes: {
  name: 'inventory-database${suffix}'
  params: {
    serverName: '${databaseServerName}${suffix}'
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
}]

module databaseEndpoint 'private-endpoint.bicep' = if (!empty(subnetId)) {
  name: 'inventory-worker-database-endpoint'
  params: {
    name: databaseServerName
    services: [for (suffix, i) in suffixes: { name: '${databaseServerName}${suffix}', id: database[i].outputs.serverId }]
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
    services: [{ name: namespaceName, id: serviceBus.outputs.namespaceId }]
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

// Of a file installation.env.
func lines(workerId string, scalerId string, migrationId string, serviceBusName string, host string, url string) string[] => [
  'WORKER_CLIENT_ID=${workerId}'
  'SCALER_CLIENT_ID=${scalerId}'
  'MIGRATION_CLIENT_ID=${migrationId}'
  'SERVICEBUS_NAMESPACE=${serviceBusName}'
  'SERVICEBUS_HOST=${host}'
  'DATABASE_URL=${url}'
]

@description('The lines of k8s/installation/installation.env; with cells: none')
output installation string[] = cells ? [] : lines(
  identities[0].outputs.workerClientId,
  scaler.outputs.clientId,
  identities[0].outputs.migrationClientId,
  namespaceName,
  serviceBus.outputs.host,
  database[0].outputs.url
)

@description('Of each cell the lines of k8s/cells/<cell>/installation.env')
output installations array = [for (name, i) in names: {
  cell: name
  lines: lines(
    identities[i].outputs.workerClientId,
    scaler.outputs.clientId,
    identities[i].outputs.migrationClientId,
    namespaceName,
    serviceBus.outputs.host,
    database[i].outputs.url
  )
}]
