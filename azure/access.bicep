// Who may do what on Service Bus: the worker receives and sends, KEDA counts, and neither manages anything.

@description('Name of the namespace')
param namespaceName string

@description('Object id of the identity that the worker signs in with')
param workerPrincipalId string

@description('Object id of the identity that KEDA signs in with')
param scalerPrincipalId string

type topicSubscription = {
  topic: string
  name: string
}

@description('Subscriptions that the worker receives from')
param receivedSubscriptions topicSubscription[]

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

// KEDA asks how many messages wait. Service Bus answers identities that may read the entity, and no built-in role allows only that:
// Data Owner, which KEDA's documentation asks for, also receives, sends and deletes.
resource counter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
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
resource scalerCountsSubscriptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (received, i) in receivedSubscriptions: {
  name: guid(subscriptions[i].id, scalerPrincipalId, 'message counts')
  scope: subscriptions[i]
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: counter.id }
}]
resource scalerCountsQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (queue, i) in receivedQueues: {
  name: guid(queues[i].id, scalerPrincipalId, 'message counts')
  scope: queues[i]
  properties: { principalId: scalerPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: counter.id }
}]
