package ecommerce.inventory.servicebus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.metrics.Metric;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many messages are in the dead-letter queues of the sources, put there by this worker, or by Service Bus itself after too many
 * deliveries or at the end of their time to live. They are counted on a schedule, so that a request to the API does not call Service
 * Bus. A queue that could not be read has no count, rather than the count 0.
 */
public class DeadLetterCounts implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterCounts.class);
    /** Messages counted per queue, at most: Service Bus sends each of them whole. */
    private static final int LIMIT = 100;

    private final CamelContext camel;
    private final MeterRegistry registry;
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final Set<String> unknown = new HashSet<>();
    private final Set<String> registered = new HashSet<>();

    public DeadLetterCounts(CamelContext camel, MeterRegistry registry) {
        this.camel = camel;
        this.registry = registry;
    }

    /** Counts, when the clock calls it. */
    @Override
    public void process(Exchange exchange) {
        Receivers.forEach(camel, (source, route) -> {
            if (registered.add(source)) {
                Metric.DEAD_LETTERS.gauge(registry, counts, known -> known.containsKey(source) ? known.get(source) : Double.NaN, "source", source);
            }
            try {
                counts.put(source, count(route));
                unknown.remove(source);
            } catch (RuntimeException e) {
                counts.remove(source);
                if (unknown.add(source)) {
                    LOG.warn("{}: its dead-letter queue cannot be read: {}", source, Failures.rootCause(e));
                }
            }
        });
    }

    private static int count(Route route) {
        List<Long> found = new ArrayList<>();
        try (ServiceBusReceiverClient receiver = Receivers.connect(DeadLetterQueues.configuration(route), SubQueue.DEAD_LETTER_QUEUE)) {
            DeadLetterQueues.peek(receiver, LIMIT, message -> found.add(message.getSequenceNumber()));
        }
        return found.size();
    }

    /**
     * Adds the counts to the parameters of a query.
     *
     * @return the parameters, and {@code deadLetters}, as in the schema Backlog of contracts/openapi.yaml
     */
    public Map<String, Object> addTo(Map<String, Object> parameters) {
        ObjectNode deadLetters = JsonNodeFactory.instance.objectNode().put("countLimit", LIMIT);
        ArrayNode sources = deadLetters.putArray("sources");
        Receivers.routes(camel).keySet().forEach(source -> sources.addObject().put("source", source).put("messages", counts.get(source)));
        parameters.put("deadLetters", deadLetters.toString());
        return parameters;
    }
}
