package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessageContext;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.component.azure.servicebus.ServiceBusType;

/** The routes that receive from Service Bus, and the clients for their sources. */
final class Receivers {

    private Receivers() {
    }

    /**
     * Asks Service Bus about each source, in the order of route ids, until the worker stops: each question may run into its timeout.
     */
    static void forEach(CamelContext camel, BiConsumer<String, Route> question) {
        routes(camel).forEach((source, route) -> {
            if (!camel.isStopping()) {
                question.accept(source, route);
            }
        });
    }

    /** The receiving routes by route id, in its order. */
    static Map<String, Route> routes(CamelContext camel) {
        Map<String, Route> routes = new TreeMap<>();
        camel.getRoutes().stream().filter(route -> route.getConsumer() instanceof SettlingConsumer)
            .forEach(route -> routes.put(route.getRouteId(), route));
        return routes;
    }

    /** @throws IllegalArgumentException that lists the sources, if this is not one */
    static Route route(CamelContext camel, Object source) {
        Map<String, Route> routes = routes(camel);
        if (!(source instanceof String id) || !routes.containsKey(id)) {
            throw new IllegalArgumentException("source: '" + source + "' is not a route that receives from Service Bus; there are "
                + String.join(", ", routes.keySet()));
        }
        return routes.get(id);
    }

    /** The queue, or topic and subscription, as in the paths of Service Bus. */
    static String entity(ServiceBusEndpoint endpoint) {
        ServiceBusConfiguration configuration = endpoint.getConfiguration();
        return configuration.getSubscriptionName() == null ? configuration.getTopicOrQueueName()
            : configuration.getTopicOrQueueName() + "/" + configuration.getSubscriptionName();
    }

    /** The client that hands messages to a consumer. Camel's factory makes it the same way, but accepts no guarded builder. */
    static ServiceBusProcessorClient processor(ServiceBusConfiguration configuration, Consumer<ServiceBusReceivedMessageContext> onMessage,
                                               Consumer<ServiceBusErrorContext> onError) {
        var processor = client(configuration).processor()
            .disableAutoComplete()
            .receiveMode(configuration.getServiceBusReceiveMode())
            .subQueue(configuration.getSubQueue())
            .maxAutoLockRenewDuration(Duration.ofMillis(configuration.getMaxAutoLockRenewDuration()))
            .prefetchCount(configuration.getPrefetchCount())
            .maxConcurrentCalls(configuration.getMaxConcurrentCalls())
            .processMessage(onMessage)
            .processError(onError);
        if (configuration.getServiceBusType() == ServiceBusType.queue) {
            processor.queueName(configuration.getTopicOrQueueName());
        } else {
            processor.topicName(configuration.getTopicOrQueueName()).subscriptionName(configuration.getSubscriptionName());
        }
        return processor.buildProcessorClient();
    }

    /** A client to peek at and to receive from a queue or subscription. */
    static ServiceBusReceiverClient connect(ServiceBusConfiguration configuration, SubQueue subQueue) {
        var receiver = client(configuration).receiver()
            .subQueue(subQueue)
            .maxAutoLockRenewDuration(Duration.ofMillis(configuration.getMaxAutoLockRenewDuration()));
        if (configuration.getServiceBusType() == ServiceBusType.queue) {
            receiver.queueName(configuration.getTopicOrQueueName());
        } else {
            receiver.topicName(configuration.getTopicOrQueueName()).subscriptionName(configuration.getSubscriptionName());
        }
        return receiver.buildClient();
    }

    private static ServiceBusClientBuilder client(ServiceBusConfiguration configuration) {
        ServiceBusClientBuilder client = GuardedSerializer.install(new ServiceBusClientBuilder())
            .transportType(configuration.getAmqpTransportType())
            .clientOptions(configuration.getClientOptions())
            .retryOptions(configuration.getAmqpRetryOptions())
            .proxyOptions(configuration.getProxyOptions());
        return switch (configuration.getCredentialType()) {
            case CONNECTION_STRING -> client.connectionString(configuration.getConnectionString());
            case AZURE_IDENTITY -> client.credential(configuration.getFullyQualifiedNamespace(), new DefaultAzureCredentialBuilder().build());
            case TOKEN_CREDENTIAL -> client.credential(configuration.getFullyQualifiedNamespace(), configuration.getTokenCredential());
        };
    }
}
