package bench;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;

/**
 * The Azure SDK alone: receives a message, sends an event and completes the message, without a database. No worker could be faster with
 * the same bus and load.
 */
final class SdkWorker {

    /** Events per send, as in the worker's relay. */
    private static final int BATCH = 100;

    private SdkWorker() {
    }

    /** @param arguments connection string, concurrent calls, and whether events are sent one by one or in batches */
    public static void main(String[] arguments) throws InterruptedException {
        ServiceBusClientBuilder client = new ServiceBusClientBuilder().connectionString(arguments[0]);
        boolean inBatches = arguments[2].equals("batches");
        ServiceBusSenderClient sender = client.sender().topicName("inventory").buildClient();
        BlockingQueue<ServiceBusMessage> outbox = new LinkedBlockingQueue<>();
        ServiceBusProcessorClient processor = client.processor().topicName("orders").subscriptionName("inventory")
            .maxConcurrentCalls(Integer.parseInt(arguments[1])).prefetchCount(0).disableAutoComplete()
            .processMessage(context -> {
                ServiceBusMessage event = event(context.getMessage());
                if (inBatches) {
                    outbox.add(event);
                } else {
                    sender.sendMessage(event);
                }
                context.complete();
            })
            .processError(context -> context.getException().printStackTrace())
            .buildProcessorClient();
        processor.start();
        System.out.println("Started SdkWorker");
        while (true) {
            List<ServiceBusMessage> events = new ArrayList<>(List.of(outbox.take()));
            outbox.drainTo(events, BATCH - 1);
            sender.sendMessages(events);
        }
    }

    private static ServiceBusMessage event(ServiceBusReceivedMessage order) {
        return new ServiceBusMessage(BinaryData.fromString("{\"orderId\":\"" + order.getCorrelationId()
            + "\",\"productId\":\"product-1\",\"quantityReserved\":1,\"remainingStock\":1,\"reservedAt\":\"2026-01-01T00:00:00.000000Z\"}"))
            .setMessageId(UUID.randomUUID().toString()).setSubject("InventoryReserved").setContentType("application/json")
            .setCorrelationId(order.getCorrelationId());
    }
}
