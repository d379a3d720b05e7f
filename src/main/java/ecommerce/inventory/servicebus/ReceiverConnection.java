package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessageContext;
import ecommerce.inventory.tracing.LogFields;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.spi.ExecutorServiceManager;
import org.apache.camel.spi.ShutdownStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives from a queue or subscription from when it is opened until it is closed, and limits what is in flight: so many messages, and so
 * many bytes. The SDK limits the messages only as long as it has one link: when it opens another, handlers of the first may still run.
 * <p>
 * When it is closed it waits for the messages in flight, at most as long as Camel's shutdown timeout. Those that arrive meanwhile are
 * abandoned, for another worker to receive at once.
 */
class ReceiverConnection {

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverConnection.class);
    /**
     * Of the bodies of messages in flight, together. JSON of this size, made to be costly, takes some 50 MB while it is read; of
     * ordinary messages there may be hundreds in flight.
     */
    private static final int BYTES_IN_FLIGHT = 1 << 19;
    /** How long messages that were asked for before the close may still arrive after the last one; milliseconds. */
    private static final long LATE_ARRIVALS = 500;

    private final ServiceBusEndpoint endpoint;
    private final Predicate<ServiceBusReceivedMessageContext> handler;
    private final ServiceBusProcessorClient client;
    private final int limit;
    // Fair, so that no message is begun while the close waits for all that are in flight.
    private final Semaphore messages;
    // Fair, so that small messages do not keep a large one waiting forever.
    private final Semaphore bytes = new Semaphore(BYTES_IN_FLIGHT, true);
    private final Queue<ServiceBusReceivedMessageContext> toAbandon = new ConcurrentLinkedQueue<>();
    /** A permit for each of them, to wait for. */
    private final Semaphore held = new Semaphore(0);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile long active = System.nanoTime();

    /** @param handler settles a message and answers true, or false for a message that is to be abandoned, as the worker stops */
    ReceiverConnection(ServiceBusEndpoint endpoint, Predicate<ServiceBusReceivedMessageContext> handler,
                       Consumer<ServiceBusErrorContext> onError) {
        this.endpoint = endpoint;
        this.handler = handler;
        limit = endpoint.getConfiguration().getMaxConcurrentCalls();
        messages = new Semaphore(limit, true);
        client = Receivers.processor(endpoint.getConfiguration(), this::onMessage, onError);
    }

    void open() {
        client.start();
    }

    private void onMessage(ServiceBusReceivedMessageContext context) {
        active = System.nanoTime();
        try {
            if (closing() || !handle(context)) {
                abandonAtClose(context);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return false for a message to abandon */
    private boolean handle(ServiceBusReceivedMessageContext context) throws InterruptedException {
        int size = Math.min(MessageBody.size(context.getMessage()), BYTES_IN_FLIGHT);
        messages.acquire();
        try {
            bytes.acquireUninterruptibly(size);
            try {
                return !closing() && handler.test(context);
            } finally {
                active = System.nanoTime();
                bytes.release(size);
            }
        } finally {
            messages.release();
        }
    }

    private boolean closing() {
        return closing || endpoint.getCamelContext().isStopping();
    }

    /**
     * Has the message abandoned when the client is about to close, and returns when it is closed. If it were abandoned before, this
     * worker's next handler would receive it, and so on until its deliveries are used up.
     */
    private void abandonAtClose(ServiceBusReceivedMessageContext context) throws InterruptedException {
        toAbandon.add(context);
        held.release();
        closed.await();
    }

    void close() throws InterruptedException {
        ShutdownStrategy shutdown = endpoint.getCamelContext().getShutdownStrategy();
        closing = true;
        if (messages.tryAcquire(limit, shutdown.getTimeout(), shutdown.getTimeUnit())) {
            // For handlers that began to wait before it was closing.
            messages.release(limit);
        } else {
            LOG.warn("{}: {} messages are still in flight after {} {}; they will be delivered again", Receivers.entity(endpoint),
                limit - messages.availablePermits(), shutdown.getTimeout(), shutdown.getTimeUnit());
        }
        // Each handler holds one message at most; what the broker sends later keeps its lock until that ends.
        held.tryAcquire(limit, LATE_ARRIVALS - quiet(), TimeUnit.MILLISECONDS);
        ExecutorServiceManager executors = endpoint.getCamelContext().getExecutorServiceManager();
        ExecutorService settlements = executors.newCachedThreadPool(this, "settlement");
        settlements.invokeAll(toAbandon.stream().map(context -> Executors.callable(() -> abandon(context))).toList(),
            endpoint.getConfiguration().getAmqpRetryOptions().getTryTimeout().toMillis(), TimeUnit.MILLISECONDS);
        client.close();
        closed.countDown();
        executors.shutdownNow(settlements);
    }

    private void abandon(ServiceBusReceivedMessageContext context) {
        try {
            context.abandon();
        } catch (RuntimeException e) {
            LOG.warn("{}: message {} could not be abandoned; it is delivered again when its lock ends: {}", Receivers.entity(endpoint),
                LogFields.printable(context.getMessage().getMessageId()), e.getMessage());
        }
    }

    /** How long the worker has been stopping and nothing has come, in milliseconds; zero if this consumer alone stops. */
    private long quiet() {
        return !endpoint.getCamelContext().isStopping() ? 0 : Math.min(((SettlingServiceBusComponent) endpoint.getComponent()).sinceStop(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - active));
    }

    /** How long nothing has come, zero while a message is in flight. */
    Duration idle() {
        return messages.availablePermits() < limit ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - active);
    }
}
