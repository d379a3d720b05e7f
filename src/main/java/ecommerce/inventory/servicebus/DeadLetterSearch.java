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
 * Receives certain messages of a dead-letter queue. Service Bus delivers only unlocked messages, in its own order, so other messages
 * are held, locked, until the end of the search: one abandoned earlier would be received next.
 */
class DeadLetterSearch {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterSearch.class);
    /** Messages received at once in a search for some of many. */
    static final int SEARCHED = 100;
    /** Messages held in memory to be abandoned, and the bytes of their bodies. Any further message is free when its lock ends. */
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
     * Receives until all wanted messages are found, no more arrive, or the worker stops.
     *
     * @param wanted the sequence numbers; received ones are removed
     * @param batchSize messages received at once; 1 if none may stay locked while those before it are handled
     * @param handler handles a wanted message, and returns whether it has completed it
     * @return whether the search ended early, because the worker stops
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
                // A message that comes again has lost its lock: all of them have been seen.
                more = !batch.isEmpty() && batch.stream().allMatch(message -> received.add(message.getSequenceNumber()));
            }
            return workerStops.getAsBoolean();
        } finally {
            abandonHeld();
        }
    }

    private void abandonHeld() {
        try {
            held.forEach(receiver::abandon);
        } catch (RuntimeException e) {
            // No further attempts: each would wait as long for an unavailable broker.
            LOG.warn("{}: not all messages could be abandoned; they are free when their locks end: {}", source, e.getMessage());
        }
    }
}
