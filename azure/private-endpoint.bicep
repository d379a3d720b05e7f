// Addresses in the network of the cluster for services of Azure of one kind, and their names there.

@description('Name of the link between the network and the zone: one, as a network can be linked to a zone only once')
param name string

@description('Services that get an address each: the name of the endpoint, and the resource id of the service')
param services { name: string, id: string }[]

@description('Part of a service that gets the address, as Azure names it')
param groupId string

@description('Name of the private DNS zone of these services, as Azure names it. It is made in this resource group and linked to the network, which may have no zone of this name yet')
param zoneName string

@description('Resource id of the subnet with the addresses')
param subnetId string

param location string

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for service in services: {
  name: service.name
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: service.name
        properties: {
          privateLinkServiceId: service.id
          groupIds: [groupId]
        }
      }
    ]
  }
}]

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
resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (service, i) in services: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'default'
        properties: { privateDnsZoneId: zone.id }
      }
    ]
  }
}]
