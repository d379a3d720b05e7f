package ecommerce.inventory.servicebus;

import java.util.ArrayList;
import java.util.List;

import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import ecommerce.inventory.failure.Failures;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many messages are in a queue or subscription, counted by peeking, which locks none. Unknown, rather than 0, if it cannot be read. */
final class PeekedCount {

    /** Messages counted, at most: Service Bus sends each of them whole. */
    static final int LIMIT = 100;

    private static final Logger LOG = LoggerFactory.getLogger(PeekedCount.class);

    private final String name;
    private volatile Integer count;
    private boolean failed;

    /** @param name what is counted, for the log */
    PeekedCount(String name) {
        this.name = name;
    }

    /** Counts. The first failure is logged, until it succeeds again. */
    void update(ServiceBusConfiguration configuration, SubQueue subQueue) {
        List<Long> found = new ArrayList<>();
        try (ServiceBusReceiverClient receiver = Receivers.connect(configuration, subQueue)) {
            DeadLetterQueues.peek(receiver, LIMIT, message -> found.add(message.getSequenceNumber()));
            count = found.size();
            failed = false;
        } catch (RuntimeException e) {
            count = null;
            if (!failed) {
                LOG.warn("{} cannot be read: {}", name, Failures.rootCause(e));
            }
            failed = true;
        }
    }

    /** The last count; null while unknown. */
    Integer orNull() {
        return count;
    }

    double orNaN() {
        Integer known = count;
        return known == null ? Double.NaN : known;
    }
}
