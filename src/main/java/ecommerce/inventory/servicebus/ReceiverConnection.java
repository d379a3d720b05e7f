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
import ecommerce.inventory.text.UntrustedText;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.spi.ExecutorServiceManager;
import org.apache.camel.spi.ShutdownStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives from a queue or subscription from its opening to its close, and limits the messages in flight and their bytes. The SDK
 * limits the messages per link only: when it opens another link, handlers of the first may still run.
 * <p>
 * The close waits for the messages in flight, at most as long as Camel's shutdown timeout. Messages that arrive meanwhile are
 * abandoned, so that another worker receives them at once.
 */
class ReceiverConnection {

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverConnection.class);
    /** Budget for the bodies in flight. Hostile JSON of this size takes about 50 MB to parse; hundreds of ordinary messages fit. */
    private static final int BYTES_IN_FLIGHT = 1 << 19;
    /** Milliseconds after the last message in which messages requested before the close may still arrive. */
    private static final long LATE_ARRIVALS = 500;

    private final ServiceBusEndpoint endpoint;
    private final Predicate<ServiceBusReceivedMessageContext> handler;
    private final ServiceBusProcessorClient client;
    private final int limit;
    // Fair, so that no message starts while the close waits for all messages in flight.
    private final Semaphore messages;
    // Fair, so that small messages do not keep a large one waiting indefinitely.
    private final Semaphore bytes = new Semaphore(BYTES_IN_FLIGHT, true);
    private final Queue<ServiceBusReceivedMessageContext> toAbandon = new ConcurrentLinkedQueue<>();
    /** One permit for each of toAbandon, to wait for. */
    private final Semaphore held = new Semaphore(0);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile long active = System.nanoTime();

    /** @param handler settles a message and returns true, or returns false for a message to abandon, as the worker stops */
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
     * Has the message abandoned just before the client closes, and returns when it is closed. Abandoned earlier, it would be received
     * by this worker's next handler, and so on until its delivery attempts are used up.
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
            // For handlers that were waiting before the close began.
            messages.release(limit);
        } else {
            LOG.warn("{}: {} messages are still in flight after {} {}; they will be delivered again", Receivers.entity(endpoint),
                limit - messages.availablePermits(), shutdown.getTimeout(), shutdown.getTimeUnit());
        }
        // Each handler holds at most one message; one that the broker sends later stays locked until its lock ends.
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
                UntrustedText.printable(context.getMessage().getMessageId()), e.getMessage());
        }
    }

    /** Milliseconds since the worker began to stop or the last message arrived; zero if only this consumer stops. */
    private long quiet() {
        return !endpoint.getCamelContext().isStopping() ? 0 : Math.min(((SettlingServiceBusComponent) endpoint.getComponent()).sinceStop(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - active));
    }

    /** Time since the last message; zero while one is in flight. */
    Duration idle() {
        return messages.availablePermits() < limit ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - active);
    }
}
