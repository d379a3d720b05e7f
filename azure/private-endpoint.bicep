// An address in the network of the cluster for a service of Azure, and its name there.

@description('Name of the endpoint')
param name string

@description('Resource id of the service')
param serviceId string

@description('Part of the service that gets the address, as Azure names it')
param groupId string

@description('Name of the private DNS zone of the service, as Azure names it. It is made in this resource group and linked to the network, which may have no zone of this name yet')
param zoneName string

@description('Resource id of the subnet that gets the address')
param subnetId string

param location string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: serviceId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
}
resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: name
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: split(subnetId, '/subnets/')[0] }
  }
}
resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'default'
        properties: { privateDnsZoneId: zone.id }
      }
    ]
  }
}
