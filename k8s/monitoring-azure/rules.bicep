// The alerts of k8s/alerts, and of k8s/cells, which without cells never fire, as rules of Azure Monitor's managed Prometheus.
//   az deployment group create --resource-group shop --template-file k8s/monitoring-azure/rules.bicep \
//     --parameters workspaceId=<resource id of the Azure Monitor workspace> clusterId=<resource id of the AKS cluster> actionGroupId=<resource id>

@description('Resource id of the Azure Monitor workspace that stores the metrics')
param workspaceId string

@description('Resource id of the AKS cluster whose metrics the rules read; a workspace can have those of several')
param clusterId string

@description('Resource id of the action group that is notified; empty: alerts are only listed in the portal')
param actionGroupId string = ''

@description('Where docs/runbook.md is shown')
param runbook string = 'docs/runbook.md'

@description('Region of the workspace')
param location string = resourceGroup().location

var clusterName = last(split(clusterId, '/'))
var cells = loadYamlContent('../cells/components/monitoring/unrouted.yaml').spec.groups
var groups = concat(loadYamlContent('../alerts/inventory-worker.yaml').spec.groups, cells)
// From 0, critical, to 4, verbose.
var severities = {
  critical: 0
  warning: 2
}

resource rules 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = [for group in groups: {
  name: '${group.name}-${clusterName}'
  location: location
  properties: {
    scopes: [workspaceId, clusterId]
    clusterName: clusterName
    enabled: true
    interval: 'PT1M'
    rules: [for rule in group.rules: {
      alert: rule.alert
      expression: rule.expr
      for: 'PT${toUpper(rule.for)}'
      enabled: true
      severity: severities[rule.labels.severity]
      labels: rule.labels
      annotations: union(rule.annotations, { runbook_url: replace(rule.annotations.runbook_url, 'docs/runbook.md', runbook) })
      resolveConfiguration: {
        autoResolved: true
        timeToResolve: 'PT5M'
      }
      actions: empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]
    }]
  }
}]
