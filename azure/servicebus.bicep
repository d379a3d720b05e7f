// The Service Bus namespace with its queues, topics, subscriptions and rules.

@description('Name of the namespace, without .servicebus.windows.net')
param namespaceName string

@description('Standard or Premium')
param sku string

@description('Messaging units of Premium')
param messagingUnits int

@description('Topics that exist already, and so does their namespace: the template changes neither, it only adds subscriptions')
param existingTopics string[]

@description('Queues, as in the UserConfig of Microsoft\'s emulator. A queue that messages are forwarded to comes before the one that forwards')
param queues array

@description('Topics with their subscriptions and rules, as in the UserConfig of Microsoft\'s emulator')
param topics array

@description('Whether connection strings are refused')
param disableLocalAuth bool

@description('Enabled, Disabled or SecuredByPerimeter')
param publicNetworkAccess string

@description('How long a message waits for its receiver, ISO 8601')
param messageTimeToLive string

@description('How long message ids are remembered where duplicates are detected, ISO 8601')
param duplicateDetectionWindow string

@description('Largest size of a queue or topic, in MiB')
param maxSize int

@description('Largest message that the entities accept, in KiB; Premium only')
param maxMessageSize int

@description('Resource id of the Log Analytics workspace that gets logs and metrics; empty: none')
param logAnalyticsWorkspaceId string

param location string

var subscriptions = flatten(map(topics, topic => map(topic.Subscriptions, subscription => {
  path: '${topic.Name}/${subscription.Name}'
  Properties: subscription.?Properties
  Rules: subscription.?Rules ?? []
})))
var rules = flatten(map(subscriptions, subscription => map(subscription.Rules, rule => {
  path: '${subscription.path}/${rule.Name}'
  Properties: rule.Properties
  correlation: rule.Properties.?CorrelationFilter
})))

// An empty ForwardTo of Config.json means none.
func target(entity string?) string? => empty(entity) ? null : entity

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = if (empty(existingTopics)) {
  name: namespaceName
  location: location
  sku: {
    name: sku
    tier: sku
    capacity: sku == 'Premium' ? messagingUnits : null
  }
  properties: {
    disableLocalAuth: disableLocalAuth
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicNetworkAccess
  }
}

// For a connection string: listen and send, not manage as RootManageSharedAccessKey may.
resource connectionString 'Microsoft.ServiceBus/namespaces/AuthorizationRules@2024-01-01' = if (!disableLocalAuth) {
  parent: namespace
  name: 'inventory-worker'
  properties: {
    rights: ['Listen', 'Send']
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logAnalyticsWorkspaceId)) {
  name: 'inventory-worker'
  scope: namespace
  properties: {
    workspaceId: logAnalyticsWorkspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

// One after the other: Service Bus refuses changes of a namespace that is being changed (409, 40901). Topics first, as queues and subscriptions
// may forward to them.
@batchSize(1)
resource ownTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [for topic in topics: if (!contains(existingTopics, topic.Name)) {
  parent: namespace
  name: topic.Name
  properties: {
    defaultMessageTimeToLive: messageTimeToLive
    duplicateDetectionHistoryTimeWindow: duplicateDetectionWindow
    maxMessageSizeInKilobytes: sku == 'Premium' ? maxMessageSize : null
    maxSizeInMegabytes: maxSize
    requiresDuplicateDetection: topic.?Properties.?RequiresDuplicateDetection
  }
}]

@batchSize(1)
resource ownQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in queues: {
  parent: namespace
  name: queue.Name
  properties: {
    deadLetteringOnMessageExpiration: queue.?Properties.?DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: messageTimeToLive
    duplicateDetectionHistoryTimeWindow: duplicateDetectionWindow
    forwardDeadLetteredMessagesTo: target(queue.?Properties.?ForwardDeadLetteredMessagesTo)
    forwardTo: target(queue.?Properties.?ForwardTo)
    lockDuration: queue.?Properties.?LockDuration
    maxDeliveryCount: queue.?Properties.?MaxDeliveryCount
    maxMessageSizeInKilobytes: sku == 'Premium' ? maxMessageSize : null
    maxSizeInMegabytes: maxSize
    requiresDuplicateDetection: queue.?Properties.?RequiresDuplicateDetection
    requiresSession: queue.?Properties.?RequiresSession
  }
  dependsOn: [ownTopics]
}]

@batchSize(1)
resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [for subscription in subscriptions: {
  name: '${namespaceName}/${subscription.path}'
  properties: {
    deadLetteringOnMessageExpiration: subscription.Properties.?DeadLetteringOnMessageExpiration
    defaultMessageTimeToLive: messageTimeToLive
    forwardDeadLetteredMessagesTo: target(subscription.Properties.?ForwardDeadLetteredMessagesTo)
    forwardTo: target(subscription.Properties.?ForwardTo)
    lockDuration: subscription.Properties.?LockDuration
    maxDeliveryCount: subscription.Properties.?MaxDeliveryCount
    requiresSession: subscription.Properties.?RequiresSession
  }
  dependsOn: [ownTopics, ownQueues]
}]

// Service Bus makes each subscription with a rule $Default that selects every message, and a template cannot delete it. So $Default selects
// nothing where Config.json has rules, and everything where it has none: also where it had some before, whose subscription would get nothing.
@batchSize(1)
resource defaultRules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [for subscription in subscriptions: {
  name: '${namespaceName}/${subscription.path}/$Default'
  properties: {
    filterType: 'SqlFilter'
    sqlFilter: {
      sqlExpression: empty(subscription.Rules) ? '1=1' : '1=0'
    }
  }
  dependsOn: [topicSubscriptions]
}]

@batchSize(1)
resource subscriptionRules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [for rule in rules: {
  name: '${namespaceName}/${rule.path}'
  properties: {
    filterType: rule.Properties.FilterType == 'Sql' ? 'SqlFilter' : 'CorrelationFilter'
    sqlFilter: rule.Properties.?SqlFilter == null ? null : { sqlExpression: rule.Properties.SqlFilter.SqlExpression }
    correlationFilter: rule.correlation == null ? null : {
      contentType: rule.correlation.?ContentType
      correlationId: rule.correlation.?CorrelationId
      label: rule.correlation.?Label
      messageId: rule.correlation.?MessageId
      properties: rule.correlation.?Properties
      replyTo: rule.correlation.?ReplyTo
      replyToSessionId: rule.correlation.?ReplyToSessionId
      sessionId: rule.correlation.?SessionId
      to: rule.correlation.?To
    }
    action: rule.Properties.?Action == null ? null : { sqlExpression: rule.Properties.Action.SqlExpression }
  }
  dependsOn: [defaultRules]
}]

output namespaceName string = namespaceName
output namespaceId string = namespace.id
output host string = '${namespaceName}.servicebus.windows.net'
