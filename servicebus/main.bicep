// The Service Bus namespace with the entities of Config.json, and the rights of the worker's and the scaler's identities on it.
//   az deployment group create --resource-group shop --template-file servicebus/main.bicep \
//     --parameters namespaceName=shop workerPrincipalId=<object id> scalerPrincipalId=<object id>

@description('Name of the namespace, without .servicebus.windows.net')
param namespaceName string

@description('Object id of the identity that the worker signs in with; empty: with a connection string')
param workerPrincipalId string = ''

@description('Object id of the identity that KEDA signs in with; empty: no scaling, or with a connection string')
param scalerPrincipalId string = ''

@description('Whether connection strings are refused')
param disableLocalAuth bool = true

@description('Standard or Premium: Basic has no topics')
@allowed(['Standard', 'Premium'])
param sku string = 'Standard'

@description('Whether the namespace can be reached from the internet. Disabled and SecuredByPerimeter need Premium, and a private endpoint or a network security perimeter, which this template does not create')
@allowed(['Enabled', 'Disabled', 'SecuredByPerimeter'])
param publicNetworkAccess string = 'Enabled'

@description('How long a message waits for its receiver, ISO 8601; then it is in the dead-letter queue. Shorter than inventory.retention.inbox (30 days), so that the worker still knows a message that comes twice. Neither tier of this template has a maximum (Basic has 14 days)')
param messageTimeToLive string = 'P14D'

@description('Largest message that the entities accept, in KiB; Premium only, Standard has 256. The same as inventory.servicebus.max-message-size of the worker, which needs memory for many of them')
@maxValue(102400)
param maxMessageSize int = 1024

@description('Resource id of the Log Analytics workspace that gets the logs and metrics of the namespace; empty: none. Only Premium logs who sent and received what')
param logAnalyticsWorkspaceId string = ''

param location string = resourceGroup().location

// One source for the names and properties: here, in Microsoft's emulator, and in the tests. Except DefaultMessageTimeToLive, which is one
// hour there because the emulator accepts no more: after an outage of an hour the whole backlog would be in the dead-letter queue.
// RequiresDuplicateDetection is false for what the worker receives. Its table inbox knows a message id for 30 days, instead of the minutes
// of Service Bus' window, which costs throughput of the broker and cannot be changed on an existing entity.
var topology = loadJsonContent('Config.json').UserConfig.Namespaces[0]
var subscriptions = flatten(map(topology.Topics, topic => map(topic.Subscriptions, subscription => {
  topic: topic.Name
  name: subscription.Name
  properties: subscription.Properties
})))

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  sku: {
    name: sku
    tier: sku
  }
  properties: {
    disableLocalAuth: disableLocalAuth
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicNetworkAccess
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logAnalyticsWorkspaceId)) {
  name: 'inventory-worker'
  scope: namespace
  properties: {
    workspaceId: logAnalyticsWorkspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in topology.Queues: {
  parent: namespace
  name: queue.Name
  properties: {
    deadLetteringOnMessageExpiration: queue.Properties.DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: messageTimeToLive
    duplicateDetectionHistoryTimeWindow: queue.Properties.DuplicateDetectionHistoryTimeWindow
    lockDuration: queue.Properties.LockDuration
    // Room for a backlog of that time; more costs nothing. The default is 1024.
    maxSizeInMegabytes: 5120
    maxDeliveryCount: queue.Properties.MaxDeliveryCount
    maxMessageSizeInKilobytes: sku == 'Premium' ? maxMessageSize : null
    requiresDuplicateDetection: queue.Properties.RequiresDuplicateDetection
    requiresSession: queue.Properties.RequiresSession
  }
}]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [for topic in topology.Topics: {
  parent: namespace
  name: topic.Name
  properties: {
    defaultMessageTimeToLive: messageTimeToLive
    duplicateDetectionHistoryTimeWindow: topic.Properties.DuplicateDetectionHistoryTimeWindow
    maxMessageSizeInKilobytes: sku == 'Premium' ? maxMessageSize : null
    maxSizeInMegabytes: 5120
    requiresDuplicateDetection: topic.Properties.RequiresDuplicateDetection
  }
}]

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [for subscription in subscriptions: {
  name: '${namespaceName}/${subscription.topic}/${subscription.name}'
  properties: {
    deadLetteringOnMessageExpiration: subscription.properties.DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: messageTimeToLive
    lockDuration: subscription.properties.LockDuration
    maxDeliveryCount: subscription.properties.MaxDeliveryCount
    requiresSession: subscription.properties.RequiresSession
  }
  dependsOn: [topics]
}]

// The entities that the worker receives from, and the topic that it sends to.
resource orders 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = {
  name: '${namespaceName}/orders/inventory'
}
resource payments 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = {
  name: '${namespaceName}/payments/inventory'
}
resource commands 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = {
  name: '${namespaceName}/inventory-commands'
}
resource events 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  name: '${namespaceName}/inventory'
}

// Azure Service Bus Data Receiver, Data Sender.
var receiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')

// The worker listens and sends, and manages nothing.
resource workerReceivesOrders 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(workerPrincipalId)) {
  name: guid(orders.id, workerPrincipalId, receiver)
  scope: orders
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: receiver }
  dependsOn: [topicSubscriptions]
}
resource workerReceivesPayments 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(workerPrincipalId)) {
  name: guid(payments.id, workerPrincipalId, receiver)
  scope: payments
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: receiver }
  dependsOn: [topicSubscriptions]
}
resource workerReceivesCommands 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(workerPrincipalId)) {
  name: guid(commands.id, workerPrincipalId, receiver)
  scope: commands
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: receiver }
  dependsOn: [queues]
}
resource workerSendsEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(workerPrincipalId)) {
  name: guid(events.id, workerPrincipalId, sender)
  scope: events
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: sender }
  dependsOn: [topics]
}

// KEDA asks how many messages wait. Service Bus answers identities that may read the entity, and no built-in role allows only that:
// Data Owner, which KEDA's documentation asks for, also receives, sends and deletes.
resource counter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(namespace.id, 'message counts')
  properties: {
    roleName: 'Service Bus message counts (${namespaceName})'
    description: 'Reads queues and subscriptions and how many messages wait there; no message, and no key.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.ServiceBus/namespaces/queues/read'
          'Microsoft.ServiceBus/namespaces/topics/subscriptions/read'
        ]
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}
resource scalerSeesOrders 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(orders.id, scalerPrincipalId, 'message counts')
  scope: orders
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: counter.id }
  dependsOn: [topicSubscriptions]
}
resource scalerSeesPayments 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(payments.id, scalerPrincipalId, 'message counts')
  scope: payments
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: counter.id }
  dependsOn: [topicSubscriptions]
}
resource scalerSeesCommands 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(commands.id, scalerPrincipalId, 'message counts')
  scope: commands
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: counter.id }
  dependsOn: [queues]
}
