// The Service Bus namespace with the entities of Config.json, and what the identities of the worker and of its scaler may do there.
//   az deployment group create --resource-group shop --template-file servicebus/main.bicep \
//     --parameters namespaceName=shop workerPrincipalId=<object id> scalerPrincipalId=<object id>

@description('Name of the namespace, without .servicebus.windows.net')
param namespaceName string

@description('Object id of the identity that the worker signs in with; empty: with a connection string')
param workerPrincipalId string = ''

@description('Object id of the identity that KEDA signs in with; empty: no scaling, or with a connection string')
param scalerPrincipalId string = ''

@description('Whether nobody gets in by a connection string')
param disableLocalAuth bool = true

@description('Standard or Premium: Basic has no topics')
@allowed(['Standard', 'Premium'])
param sku string = 'Standard'

param location string = resourceGroup().location

// One source for the names and properties: here, in Microsoft's emulator, and in the tests.
var topology = loadJsonContent('Config.json').UserConfig.Namespaces[0]
var subscriptions = flatten(map(topology.Topics, topic => map(topic.Subscriptions, subscription => {
  topic: topic.Name
  name: subscription.Name
  properties: subscription.Properties
})))

resource namespace 'Microsoft.ServiceBus/namespaces@2021-11-01' = {
  name: namespaceName
  location: location
  sku: {
    name: sku
    tier: sku
  }
  properties: {
    disableLocalAuth: disableLocalAuth
    minimumTlsVersion: '1.2'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2021-11-01' = [for queue in topology.Queues: {
  parent: namespace
  name: queue.Name
  properties: {
    deadLetteringOnMessageExpiration: queue.Properties.DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: queue.Properties.DefaultMessageTimeToLive
    duplicateDetectionHistoryTimeWindow: queue.Properties.DuplicateDetectionHistoryTimeWindow
    lockDuration: queue.Properties.LockDuration
    maxDeliveryCount: queue.Properties.MaxDeliveryCount
    requiresDuplicateDetection: queue.Properties.RequiresDuplicateDetection
    requiresSession: queue.Properties.RequiresSession
  }
}]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2021-11-01' = [for topic in topology.Topics: {
  parent: namespace
  name: topic.Name
  properties: {
    defaultMessageTimeToLive: topic.Properties.DefaultMessageTimeToLive
    duplicateDetectionHistoryTimeWindow: topic.Properties.DuplicateDetectionHistoryTimeWindow
    requiresDuplicateDetection: topic.Properties.RequiresDuplicateDetection
  }
}]

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2021-11-01' = [for subscription in subscriptions: {
  name: '${namespaceName}/${subscription.topic}/${subscription.name}'
  properties: {
    deadLetteringOnMessageExpiration: subscription.properties.DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: subscription.properties.DefaultMessageTimeToLive
    lockDuration: subscription.properties.LockDuration
    maxDeliveryCount: subscription.properties.MaxDeliveryCount
    requiresSession: subscription.properties.RequiresSession
  }
  dependsOn: [topics]
}]

// What the worker receives from, and the topic that it sends to.
resource orders 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2021-11-01' existing = {
  name: '${namespaceName}/orders/inventory'
}
resource payments 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2021-11-01' existing = {
  name: '${namespaceName}/payments/inventory'
}
resource commands 'Microsoft.ServiceBus/namespaces/queues@2021-11-01' existing = {
  name: '${namespaceName}/inventory-commands'
}
resource events 'Microsoft.ServiceBus/namespaces/topics@2021-11-01' existing = {
  name: '${namespaceName}/inventory'
}

// Azure Service Bus Data Receiver, Data Sender, Data Owner.
var receiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')
var owner = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '090c5cfd-751d-490a-894a-3ce6f1109419')

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

// KEDA asks how long the three are, which Service Bus tells only those who may manage them.
resource scalerSeesOrders 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(orders.id, scalerPrincipalId, owner)
  scope: orders
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: owner }
  dependsOn: [topicSubscriptions]
}
resource scalerSeesPayments 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(payments.id, scalerPrincipalId, owner)
  scope: payments
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: owner }
  dependsOn: [topicSubscriptions]
}
resource scalerSeesCommands 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(scalerPrincipalId)) {
  name: guid(commands.id, scalerPrincipalId, owner)
  scope: commands
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: owner }
  dependsOn: [queues]
}
