package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

import com.azure.messaging.servicebus.ServiceBusErrorContext;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessageContext;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.failure.InvalidMessageException.Reason;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.text.UntrustedText;
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
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives from a queue or subscription and settles each message by the outcome of its exchange, after the whole route has run and
 * while its lock is still renewed:
 * <ul>
 * <li>done: completed;</li>
 * <li>the message is invalid: dead-lettered, with a reason and a readable description;</li>
 * <li>failed otherwise: left locked. It is delivered again when its lock ends, a pause that an abandoned message would not get. While
 * the worker stops it is abandoned, so that another worker takes it at once.</li>
 * </ul>
 * (Camel's own consumer dead-letters every failure or none, and interrupts messages in flight when it stops.)
 */
class SettlingConsumer extends DefaultConsumer implements Suspendable {

    private static final Logger LOG = LoggerFactory.getLogger(SettlingConsumer.class);
    private final MessageTracer tracer;
    private final MeterRegistry registry;
    /** KiB. */
    private final int maxMessageSize;
    private final AtomicBoolean largerMessageIsReported = new AtomicBoolean();
    private volatile ReceiverConnection connection;
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
        // Registered at the start, so that the first dead letter shows as an increase.
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
        refusals = new Refusals(entity(), tryTimeout());
        connection = new ReceiverConnection(getEndpoint(), this::onMessage, this::onError);
        connection.open();
    }

    private void disconnect() throws InterruptedException {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    /** Time since the last message; zero while one is in flight or the consumer does not receive. */
    Duration idle() {
        return Optional.ofNullable(connection).map(ReceiverConnection::idle).orElse(Duration.ZERO);
    }

    /** Why Service Bus does not let this worker receive; empty if it does, or is unavailable. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusals).flatMap(Refusals::reason);
    }

    /** @return false for a message to abandon */
    private boolean onMessage(ServiceBusReceivedMessageContext context) {
        ServiceBusReceivedMessage message = context.getMessage();
        refusals.received();
        reportSize(MessageBody.size(message));
        try (MessageSpan span = trace(message)) {
            return settle(context, process(message), span);
        } catch (RuntimeException e) {
            LOG.warn("{}: message {} could not be settled; it will be delivered again, and the inbox knows it if its work "
                + "was committed: {}", entity(), UntrustedText.printable(message.getMessageId()), e.getMessage());
            return true;
        }
    }

    private void reportSize(int size) {
        if (size >> 10 > maxMessageSize && largerMessageIsReported.compareAndSet(false, true)) {
            LOG.warn("{}: a message of {} bytes has arrived, but inventory.servicebus.max-message-size is {} (KiB): set it to the limit of {}, "
                + "as the worker may run out of memory", entity(), size, maxMessageSize, entity());
        }
    }

    private boolean workerStops() {
        return getEndpoint().getCamelContext().isStopping();
    }

    /** Starts the span of a message, in which it is handled and settled. */
    MessageSpan trace(ServiceBusReceivedMessage message) {
        return tracer.receive(entity(), message);
    }

    /** Lets the route handle a message, and returns when the whole route has run; the caller settles. */
    Exchange process(ServiceBusReceivedMessage received) {
        Exchange exchange = createExchange(false);
        try {
            createUoW(exchange);
            populate(exchange.getMessage(), received);
            // Not the asynchronous call: the SDK renews the lock only until this returns.
            getProcessor().process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        } finally {
            doneUoW(exchange);
        }
        return exchange;
    }

    /** @return false for a message to abandon */
    private boolean settle(ServiceBusReceivedMessageContext context, Exchange exchange, MessageSpan span) {
        Exception failure = exchange.getException();
        if (failure == null && !exchange.isRollbackOnly()) {
            settle(context::complete);
            return true;
        }
        String id = UntrustedText.printable(context.getMessage().getMessageId());
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
            LOG.info("{}: message {} is abandoned, as the worker stops", entity(), id);
            return false;
        }
        LOG.error("{}: message {} failed in delivery {}; it is delivered again when its lock ends", entity(), id,
            context.getMessage().getDeliveryCount() + 1, failure);
        return true;
    }

    private Counter deadLettered(Reason reason) {
        return Metric.MESSAGES_DEAD_LETTERED.counter(registry, "source", getRouteId(), "reason", reason.name());
    }

    /**
     * Sends a request to the broker, and waits for its answer no longer than a try may take. If the connection is cut at that moment, the
     * SDK may wait indefinitely, and renew the lock all that time.
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
        MessageTracer.exposeToCamel(message);
    }

    private void onError(ServiceBusErrorContext context) {
        BrokerRefusal.of(context.getException()).ifPresentOrElse(refusals::refused,
            () -> LOG.warn("{}: {}: {}", entity(), context.getErrorSource(), context.getException().getMessage()));
    }

    private String entity() {
        return Receivers.entity(getEndpoint());
    }
}
