// What KEDA may do on Service Bus: count the messages that wait for the workers, of all cells.

@description('Name of the namespace')
param namespaceName string

@description('Object id of the identity that KEDA signs in with')
param scalerPrincipalId string

@description('Subscriptions that workers receive from')
param receivedSubscriptions { topic: string, name: string }[]

@description('Queues that workers receive from')
param receivedQueues string[]

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
