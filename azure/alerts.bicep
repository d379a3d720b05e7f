// Alerts on Service Bus. Its metrics are by queue and topic, minutes old, and count all subscriptions of a topic together.

@description('Resource id of the namespace')
param namespaceId string

@description('Queues and topics')
param entities string[]

@description('Number of waiting messages')
param backlog int

@description('Resource id of the action group; empty: the alerts only show in Azure Monitor')
param actionGroupId string

var actions = empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]
var byEntity = [{ name: 'EntityName', operator: 'Include', values: entities }]

// Stays until the dead-letter queues are empty: each message in one is an order or a payment that nobody handles.
resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'inventory-worker-dead-letters'
  location: 'global'
  properties: {
    description: 'Messages in a dead-letter queue: invalid, expired, or failed too often. See docs/operations.md'
    severity: 1
    enabled: true
    scopes: [namespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead letters'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: byEntity
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    autoMitigate: true
    actions: actions
  }
}

resource waitingMessages 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'inventory-worker-backlog'
  location: 'global'
  properties: {
    description: 'More than ${backlog} messages wait for a quarter of an hour: the receivers are too slow, or do not run'
    severity: 2
    enabled: true
    scopes: [namespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'backlog'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          dimensions: byEntity
          timeAggregation: 'Minimum'
          operator: 'GreaterThan'
          threshold: backlog
        }
      ]
    }
    autoMitigate: true
    actions: actions
  }
}
