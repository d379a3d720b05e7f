package ecommerce.inventory.servicebus;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.azure.messaging.servicebus.models.SubQueue;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.metrics.Metric;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * How many messages are in the dead-letter queues of the sources, put there by this worker, or by Service Bus itself after too many
 * deliveries or at the end of their time to live. They are counted on a schedule, so that a request to the API does not call Service
 * Bus. A queue that could not be read has no count, rather than the count 0.
 */
public class DeadLetterCounts implements Processor {

    private final CamelContext camel;
    private final MeterRegistry registry;
    private final Map<String, PeekedCount> counts = new ConcurrentHashMap<>();

    public DeadLetterCounts(CamelContext camel, MeterRegistry registry) {
        this.camel = camel;
        this.registry = registry;
    }

    /** Counts, when the clock calls it. */
    @Override
    public void process(Exchange exchange) {
        Receivers.forEach(camel, (source, route) -> counts.computeIfAbsent(source, this::newCount)
            .update(DeadLetterQueues.configuration(route), SubQueue.DEAD_LETTER_QUEUE));
    }

    private PeekedCount newCount(String source) {
        PeekedCount count = new PeekedCount(source + ": its dead-letter queue");
        Metric.DEAD_LETTERS.gauge(registry, count, PeekedCount::orNaN, "source", source);
        return count;
    }

    /**
     * Adds the counts to the parameters of a query.
     *
     * @return the parameters, and {@code deadLetters}, as in the schema Backlog of contracts/openapi.yaml
     */
    public Map<String, Object> addTo(Map<String, Object> parameters) {
        ObjectNode deadLetters = JsonNodeFactory.instance.objectNode().put("countLimit", PeekedCount.LIMIT);
        ArrayNode sources = deadLetters.putArray("sources");
        Receivers.routes(camel).keySet().forEach(source -> sources.addObject().put("source", source)
            .put("messages", counts.containsKey(source) ? counts.get(source).orNull() : null));
        parameters.put("deadLetters", deadLetters.toString());
        return parameters;
    }
}
