package ecommerce.inventory.messaging;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessageContext;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import ecommerce.inventory.inbox.Failures;
import ecommerce.inventory.inbox.InvalidMessageException;
import ecommerce.inventory.inbox.InvalidMessageException.Reason;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.tracing.LogFields;
import ecommerce.inventory.tracing.MessageSpan;
import ecommerce.inventory.tracing.MessageTracer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.Suspendable;
import org.apache.camel.component.azure.servicebus.ServiceBusConstants;
import org.apache.camel.component.azure.servicebus.ServiceBusEndpoint;
import org.apache.camel.spi.ShutdownStrategy;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives from a queue or subscription and settles each message by what became of its exchange, when all of the route
 * has run and its lock is still being renewed:
 * <ul>
 * <li>done: completed;</li>
 * <li>the message is invalid: dead-lettered, with a reason and a description that a person understands;</li>
 * <li>failed otherwise: left alone. It comes back when its lock ends, a pause that abandoning it would not give.
 * While the worker stops it is abandoned, for another worker to take at once.</li>
 * </ul>
 * When it stops it takes no more, and waits until what it has in work is settled, at most as long as Camel's shutdown
 * timeout. (Camel's own consumer dead-letters every failure or none, and interrupts what is in work.)
 */
class SettlingConsumer extends DefaultConsumer implements Suspendable {

    private static final Logger LOG = LoggerFactory.getLogger(SettlingConsumer.class);
    /**
     * Of the bodies of messages in work, together. JSON of this size, made to be costly, takes some 50 MB while it is read; of ordinary
     * messages there may be hundreds in work.
     */
    private static final int BYTES_IN_WORK = 1 << 19;
    /** How long messages that were asked for before the stop may still arrive after the last one, to be given back; milliseconds. */
    private static final long LATE_ARRIVALS = 500;

    private final MessageTracer tracer;
    private final MeterRegistry registry;
    /** KiB. */
    private final int maxMessageSize;
    private final AtomicBoolean largerMessageIsReported = new AtomicBoolean();
    private ServiceBusProcessorClient client;
    private Semaphore slots;
    private Semaphore bytes;
    private Semaphore held;
    private Queue<ServiceBusReceivedMessageContext> toGiveBack;
    private CountDownLatch closed;
    private volatile long active;
    private volatile Refusals refusals;

    SettlingConsumer(ServiceBusEndpoint endpoint, Processor processor, MessageTracer tracer, MeterRegistry registry, int maxMessageSize) {
        super(endpoint, processor);
        this.tracer = tracer;
        this.registry = registry;
        this.maxMessageSize = maxMessageSize;
    }

    @Override
    public ServiceBusEndpoint getEndpoint() {
        return (ServiceBusEndpoint) super.getEndpoint();
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        // From the start, so that the first one is seen as an increase.
        Arrays.stream(Reason.values()).forEach(this::deadLettered);
        connect();
    }

    @Override
    protected void doResume() {
        connect();
    }

    @Override
    protected void doSuspend() throws Exception {
        disconnect();
    }

    @Override
    protected void doStop() throws Exception {
        disconnect();
        super.doStop();
    }

    private void connect() {
        // Fair, so that no message gets a slot while the stop waits for all of them.
        slots = new Semaphore(getEndpoint().getConfiguration().getMaxConcurrentCalls(), true);
        // Fair, so that small messages do not keep a large one waiting for ever.
        bytes = new Semaphore(BYTES_IN_WORK, true);
        held = new Semaphore(0);
        toGiveBack = new ConcurrentLinkedQueue<>();
        closed = new CountDownLatch(1);
        refusals = new Refusals(entity(), tryTimeout());
        client = Receivers.processor(getEndpoint().getConfiguration(), this::onMessage, this::onError);
        active = System.nanoTime();
        client.start();
    }

    private void disconnect() throws InterruptedException {
        if (client != null) {
            ShutdownStrategy shutdown = getEndpoint().getCamelContext().getShutdownStrategy();
            int all = getEndpoint().getConfiguration().getMaxConcurrentCalls();
            if (!slots.tryAcquire(all, shutdown.getTimeout(), shutdown.getTimeUnit())) {
                LOG.warn("{}: {} messages are still in work after {} {}; they will be delivered again", entity(),
                    all - slots.availablePermits(), shutdown.getTimeout(), shutdown.getTimeUnit());
            }
            // Each handler holds one message at most; what the broker sends later keeps its lock until that ends.
            held.tryAcquire(all, LATE_ARRIVALS - quiet(), TimeUnit.MILLISECONDS);
            ExecutorService settlements = getEndpoint().getCamelContext().getExecutorServiceManager().newCachedThreadPool(this, "settlement");
            settlements.invokeAll(toGiveBack.stream().map(context -> Executors.callable(() -> abandon(context))).toList(),
                tryTimeout().toMillis(), TimeUnit.MILLISECONDS);
            client.close();
            closed.countDown();
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdownNow(settlements);
            client = null;
        }
    }

    /** How long nothing has come, zero while a message is in work. */
    Duration idle() {
        return slots.availablePermits() < getEndpoint().getConfiguration().getMaxConcurrentCalls() ? Duration.ZERO
            : Duration.ofNanos(System.nanoTime() - active);
    }

    /** Why Service Bus does not let this worker receive; empty if it does, or is away. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusals).flatMap(Refusals::reason);
    }

    private void onMessage(ServiceBusReceivedMessageContext context) {
        active = System.nanoTime();
        refusals.received();
        try {
            int size = MessageBody.size(context.getMessage());
            if (size >> 10 > maxMessageSize && largerMessageIsReported.compareAndSet(false, true)) {
                LOG.warn("{}: a message of {} bytes has come, but inventory.servicebus.max-message-size is {} (KiB): set it to what {} takes, "
                    + "as the worker may run out of memory", entity(), size, maxMessageSize, entity());
            }
            int inWork = Math.min(size, BYTES_IN_WORK);
            if (workerStops() || !slots.tryAcquire(0, TimeUnit.SECONDS)) {
                giveBack(context);
                return;
            }
            boolean settled;
            bytes.acquireUninterruptibly(inWork);
            try (MessageSpan span = trace(context.getMessage())) {
                settled = !workerStops() && settle(context, process(context.getMessage()), span);
            } finally {
                active = System.nanoTime();
                bytes.release(inWork);
                slots.release();
            }
            if (!settled) {
                giveBack(context);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("{}: message {} could not be settled; it will be delivered again, and the inbox knows it if its work "
                + "was done: {}", entity(), LogFields.printable(context.getMessage().getMessageId()), e.getMessage());
        }
    }

    /**
     * Has the message given back when the client is about to close, and returns when it is closed. If it were given back
     * before, this worker's next handler would get it, and so on until its deliveries are used up.
     */
    private void giveBack(ServiceBusReceivedMessageContext context) throws InterruptedException {
        toGiveBack.add(context);
        held.release();
        closed.await();
    }

    private void abandon(ServiceBusReceivedMessageContext context) {
        try {
            context.abandon();
        } catch (RuntimeException e) {
            LOG.warn("{}: message {} could not be given back; it is delivered again when its lock ends: {}", entity(),
                LogFields.printable(context.getMessage().getMessageId()), e.getMessage());
        }
    }

    private boolean workerStops() {
        return getEndpoint().getCamelContext().isStopping();
    }

    /** How long the worker has been stopping and nothing has come, in milliseconds; zero if this consumer alone stops. */
    private long quiet() {
        return !workerStops() ? 0 : Math.min(((SettlingServiceBusComponent) getEndpoint().getComponent()).sinceStop(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - active));
    }

    /** Begins the span of a message, in which it is handled and settled. */
    MessageSpan trace(ServiceBusReceivedMessage message) {
        return tracer.receive(entity(), message);
    }

    /** Has the route handle a message, and answers when all of the route has run; the caller settles. */
    Exchange process(ServiceBusReceivedMessage received) {
        Exchange exchange = createExchange(false);
        try {
            createUoW(exchange);
            populate(exchange.getMessage(), received);
            // Not the asynchronous call: the SDK renews the lock until this returns.
            getProcessor().process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        } finally {
            doneUoW(exchange);
        }
        return exchange;
    }

    /** @return false for a message to give back */
    private boolean settle(ServiceBusReceivedMessageContext context, Exchange exchange, MessageSpan span) {
        Exception failure = exchange.getException();
        if (failure == null && !exchange.isRollbackOnly()) {
            settle(context::complete);
            return true;
        }
        String id = LogFields.printable(context.getMessage().getMessageId());
        span.failed(failure);
        Optional<InvalidMessageException> invalid = Failures.invalidMessage(failure);
        if (invalid.isPresent()) {
            LOG.warn("{}: message {} is dead-lettered: {}: {}", entity(), id, invalid.get().reason(), invalid.get().getMessage());
            settle(() -> context.deadLetter(new DeadLetterOptions()
                .setDeadLetterReason(invalid.get().reason().name())
                .setDeadLetterErrorDescription(invalid.get().getMessage())));
            deadLettered(invalid.get().reason()).increment();
            return true;
        }
        if (workerStops()) {
            LOG.info("{}: message {} is given back, as the worker stops", entity(), id);
            return false;
        }
        LOG.error("{}: message {} failed in delivery {}; it comes back when its lock ends", entity(), id,
            context.getMessage().getDeliveryCount() + 1, failure);
        return true;
    }

    private Counter deadLettered(Reason reason) {
        return Metric.MESSAGES_DEAD_LETTERED.counter(registry, "source", getRouteId(), "reason", reason.name());
    }

    /**
     * Asks the broker, and waits for its answer no longer than a try may take. When the connection is cut at that moment
     * the SDK may wait for ever, and renew the lock all the while.
     */
    private void settle(Runnable settlement) {
        new TimeLimit(tryTimeout()).run(settlement);
    }

    private Duration tryTimeout() {
        return getEndpoint().getConfiguration().getAmqpRetryOptions().getTryTimeout();
    }

    private static void populate(Message message, ServiceBusReceivedMessage received) {
        message.setHeader(ServiceBusConstants.MESSAGE_ID, received.getMessageId());
        message.setHeader(ServiceBusConstants.SUBJECT, received.getSubject());
        message.setHeader(ServiceBusConstants.CORRELATION_ID, received.getCorrelationId());
        message.setHeader(ServiceBusConstants.CONTENT_TYPE, received.getContentType());
        message.setHeader(ServiceBusConstants.APPLICATION_PROPERTIES, received.getApplicationProperties());
        message.setHeader(ServiceBusConstants.SEQUENCE_NUMBER, received.getSequenceNumber());
        message.setHeader(ServiceBusConstants.DELIVERY_COUNT, received.getDeliveryCount());
        message.setHeader(ServiceBusConstants.ENQUEUED_TIME, received.getEnqueuedTime());
        message.setBody(MessageBody.bytes(received));
        MessageTracer.tellCamel(message);
    }

    private void onError(ServiceBusErrorContext context) {
        BrokerRefusal.of(context.getException()).ifPresentOrElse(refusals::refused,
            () -> LOG.warn("{}: {}: {}", entity(), context.getErrorSource(), context.getException().getMessage()));
    }

    private String entity() {
        var configuration = getEndpoint().getConfiguration();
        return configuration.getSubscriptionName() == null ? configuration.getTopicOrQueueName()
            : configuration.getTopicOrQueueName() + "/" + configuration.getSubscriptionName();
    }
}
