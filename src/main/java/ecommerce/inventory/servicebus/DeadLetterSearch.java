package ecommerce.inventory.servicebus;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives certain messages of a dead-letter queue. Service Bus gives out the messages of such a queue in its own order and those
 * that are unlocked only, so what is not to be completed is held, locked, until the end of the search: a message that is given
 * back before would be the next to be received.
 */
class DeadLetterSearch {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterSearch.class);
    /** Messages received at once while some of many are looked for. */
    static final int SEARCHED = 100;
    /** Messages kept in memory to be given back, and the bytes of their bodies. What is beyond them is free when its lock ends. */
    private static final int MAX_HELD = 1_000;
    private static final int MAX_HELD_BYTES = 32 << 20;

    private final String source;
    private final ServiceBusReceiverClient receiver;
    private final Duration patience;
    private final BooleanSupplier workerStops;
    private final Set<Long> received = new HashSet<>();
    private final List<ServiceBusReceivedMessage> held = new ArrayList<>();
    private long heldBytes;

    /** @param source the route that receives from the queue or subscription, for the log */
    DeadLetterSearch(String source, SettlingConsumer consumer, ServiceBusReceiverClient receiver) {
        this.source = source;
        this.receiver = receiver;
        this.patience = consumer.getEndpoint().getConfiguration().getAmqpRetryOptions().getTryTimeout();
        this.workerStops = () -> consumer.getEndpoint().getCamelContext().isStopping();
    }

    /**
     * Looks for messages until all are found, no more come, or the worker stops.
     *
     * @param wanted    the sequence numbers; those that are received are removed
     * @param batchSize messages received at once; 1 where none is to wait, locked, for the one before it
     * @param handler   handles a message that is wanted, and answers whether it has completed it
     * @return          whether the worker stops, so that what is left in wanted was not looked for
     */
    boolean run(Set<Long> wanted, int batchSize, Predicate<ServiceBusReceivedMessage> handler) {
        try {
            boolean more = true;
            while (more && !wanted.isEmpty() && !workerStops.getAsBoolean()) {
                List<ServiceBusReceivedMessage> batch = receiver.receiveMessages(batchSize, patience).stream().toList();
                for (ServiceBusReceivedMessage message : batch) {
                    boolean completed = wanted.remove(message.getSequenceNumber()) && handler.test(message);
                    if (!completed && held.size() < MAX_HELD && heldBytes < MAX_HELD_BYTES) {
                        held.add(message);
                        heldBytes += MessageBody.size(message);
                    }
                }
                // One that comes again has lost its lock: all there is has been seen.
                more = !batch.isEmpty() && batch.stream().allMatch(message -> received.add(message.getSequenceNumber()));
            }
            return workerStops.getAsBoolean();
        } finally {
            giveBack();
        }
    }

    private void giveBack() {
        try {
            held.forEach(receiver::abandon);
        } catch (RuntimeException e) {
            // Not tried for the others: each try would wait as long for a broker that is away.
            LOG.warn("{}: not all messages could be given back; they are free when their locks end: {}", source, e.getMessage());
        }
    }
}
