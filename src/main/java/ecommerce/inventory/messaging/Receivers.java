package ecommerce.inventory.messaging;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.azure.servicebus.CredentialType;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusType;

/** The routes that receive from Service Bus, and connections to look into what they receive from. */
final class Receivers {

    private Receivers() {
    }

    /** By route id, in its order. */
    static Map<String, Route> routes(CamelContext camel) {
        Map<String, Route> routes = new TreeMap<>();
        camel.getRoutes().stream().filter(route -> route.getConsumer() instanceof SettlingConsumer)
            .forEach(route -> routes.put(route.getRouteId(), route));
        return routes;
    }

    /** @throws IllegalArgumentException that names the sources there are, if this is none */
    static Route route(CamelContext camel, Object source) {
        Map<String, Route> routes = routes(camel);
        if (!(source instanceof String id) || !routes.containsKey(id)) {
            throw new IllegalArgumentException("source: '" + source + "' is no route that receives from Service Bus; there are "
                + String.join(", ", routes.keySet()));
        }
        return routes.get(id);
    }

    /** As Camel's factory does for what receives; it makes no clients that peek. */
    static ServiceBusReceiverClient connect(ServiceBusConfiguration configuration, SubQueue subQueue) {
        ServiceBusClientBuilder client = new ServiceBusClientBuilder()
            .transportType(configuration.getAmqpTransportType())
            .clientOptions(configuration.getClientOptions())
            .retryOptions(configuration.getAmqpRetryOptions())
            .proxyOptions(configuration.getProxyOptions());
        if (configuration.getCredentialType() == CredentialType.AZURE_IDENTITY) {
            client.credential(configuration.getFullyQualifiedNamespace(), new DefaultAzureCredentialBuilder().build());
        } else {
            client.connectionString(configuration.getConnectionString());
        }
        var receiver = client.receiver()
            .subQueue(subQueue)
            .maxAutoLockRenewDuration(Duration.ofMillis(configuration.getMaxAutoLockRenewDuration()));
        if (configuration.getServiceBusType() == ServiceBusType.queue) {
            receiver.queueName(configuration.getTopicOrQueueName());
        } else {
            receiver.topicName(configuration.getTopicOrQueueName()).subscriptionName(configuration.getSubscriptionName());
        }
        return receiver.buildClient();
    }
}
