// PostgreSQL Flexible Server with the worker's database. k8s/database creates the roles.

@description('Name of the server, without .postgres.database.azure.com')
param serverName string

@description('Compute tier: Burstable has no high availability')
param tier string

@description('Compute size')
param size string

@description('Storage in GiB')
param storage int

@description('Disabled, SameZone or ZoneRedundant')
param highAvailability string

@description('Object id of the Entra administrator')
param administratorId string

@description('Name of the Entra administrator, with which it logs in')
param administratorName string

@description('Kind of the Entra administrator')
param administratorType string

@description('Password of administrator inventory_administrator; empty: no role has a password')
@secure()
param password string

@description('Whether the server has no public address')
param private bool

@description('IPv4 addresses that reach the public address')
param allowedAddresses string[]

@description('Resource id of the Log Analytics workspace that gets logs and metrics; empty: none')
param logAnalyticsWorkspaceId string

param location string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: serverName
  location: location
  sku: {
    name: size
    tier: tier
  }
  properties: {
    version: '17'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      tenantId: tenant().tenantId
      passwordAuth: empty(password) ? 'Disabled' : 'Enabled'
    }
    administratorLogin: empty(password) ? null : 'inventory_administrator'
    administratorLoginPassword: empty(password) ? null : password
    storage: {
      storageSizeGB: storage
      autoGrow: 'Enabled'
    }
    highAvailability: {
      mode: highAvailability
    }
    network: {
      publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    }
  }
}

// One after the other: the server refuses changes while it makes one (409, ServerIsBusy). The administrator last: right after its creation
// the server may not be accessible for Entra yet.
resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: 'inventory'
  properties: {
    charset: 'UTF8'
  }
}
@batchSize(1)
resource firewall 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = [for address in (private ? [] : allowedAddresses): {
  parent: server
  name: 'allow-${replace(address, '.', '-')}'
  properties: {
    startIpAddress: address
    endIpAddress: address
  }
  dependsOn: [database]
}]
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: administratorId
  properties: {
    principalName: administratorName
    principalType: administratorType
    tenantId: tenant().tenantId
  }
  dependsOn: [database, firewall]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logAnalyticsWorkspaceId)) {
  name: 'inventory-worker'
  scope: server
  properties: {
    workspaceId: logAnalyticsWorkspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

// The plugin makes a token of Entra ID the password of each connection.
var signIn = 'authenticationPluginClassName=com.azure.identity.extensions.jdbc.postgresql.AzurePostgresqlAuthenticationPlugin'

output serverId string = server.id
output url string = 'jdbc:postgresql://${server.properties.fullyQualifiedDomainName}:5432/${database.name}?${signIn}'
