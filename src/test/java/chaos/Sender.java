package chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import ecommerce.inventory.support.Waiting;

/** Sends the messages of the load with the Azure SDK, and retries until the bus has accepted them, so that none is unknown. */
final class Sender implements AutoCloseable {

    static final String ORDERS = "orders";
    static final String PAYMENTS = "payments";
    static final String COMMANDS = "inventory-commands";
    private static final int BATCH = 100;
    private static final Duration TRY_TIMEOUT = Duration.ofSeconds(5);

    private final List<ServiceBusSenderClient> clients = new ArrayList<>();
    private final Map<String, BlockingQueue<ServiceBusMessage>> waiting = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong notTaken = new AtomicLong();
    /** Retried sends; the bus may have accepted some of their messages before. */
    final AtomicLong triedAgain = new AtomicLong();

    Sender(String connectionString) {
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder().connectionString(connectionString)
            .retryOptions(new AmqpRetryOptions().setTryTimeout(TRY_TIMEOUT));
        connect(ORDERS, builder.sender().topicName(ORDERS).buildClient());
        connect(PAYMENTS, builder.sender().topicName(PAYMENTS).buildClient());
        connect(COMMANDS, builder.sender().queueName(COMMANDS).buildClient());
    }

    private void connect(String entity, ServiceBusSenderClient client) {
        clients.add(client);
        BlockingQueue<ServiceBusMessage> queue = new LinkedBlockingQueue<>();
        waiting.put(entity, queue);
        Thread thread = new Thread(() -> run(queue, client), "sender-" + entity);
        threads.add(thread);
        thread.start();
    }

    /** Returns at once. */
    void send(String entity, ServiceBusMessage message) {
        notTaken.incrementAndGet();
        waiting.get(entity).add(message);
    }

    void awaitTaken() {
        Waiting.await().atMost(Duration.ofMinutes(2)).until(() -> notTaken.get() == 0);
    }

    private void run(BlockingQueue<ServiceBusMessage> queue, ServiceBusSenderClient client) {
        try {
            while (true) {
                List<ServiceBusMessage> batch = new ArrayList<>(List.of(queue.take()));
                queue.drainTo(batch, BATCH - 1);
                while (!isTaken(client, batch)) {
                    triedAgain.incrementAndGet();
                }
                notTaken.addAndGet(-batch.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isTaken(ServiceBusSenderClient client, List<ServiceBusMessage> batch) throws InterruptedException {
        try {
            client.sendMessages(batch);
            return true;
        } catch (RuntimeException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return false;
        }
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        clients.forEach(ServiceBusSenderClient::close);
    }
}
