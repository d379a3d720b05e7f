// What a worker may do on Service Bus: receive and send, and manage nothing.

@description('Name of the namespace')
param namespaceName string

@description('Object id of the identity that the worker signs in with')
param workerPrincipalId string

@description('Subscriptions that the worker receives from, or counts by reading')
param receivedSubscriptions { topic: string, name: string }[]

@description('Queues that the worker receives from')
param receivedQueues string[]

@description('Topic that the worker sends its events to')
param eventsTopic string

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}
resource subscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = [for received in receivedSubscriptions: {
  name: '${namespaceName}/${received.topic}/${received.name}'
}]
resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [for queue in receivedQueues: {
  parent: namespace
  name: queue
}]
resource events 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  parent: namespace
  name: eventsTopic
}

// Azure Service Bus Data Receiver, Data Sender.
var receiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')

resource workerReceivesFromSubscriptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (received, i) in receivedSubscriptions: {
  name: guid(subscriptions[i].id, workerPrincipalId, receiver)
  scope: subscriptions[i]
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: receiver }
}]
resource workerReceivesFromQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (queue, i) in receivedQueues: {
  name: guid(queues[i].id, workerPrincipalId, receiver)
  scope: queues[i]
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: receiver }
}]
resource workerSendsEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(events.id, workerPrincipalId, sender)
  scope: events
  properties: { principalId: workerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: sender }
}
