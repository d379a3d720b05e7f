package ecommerce.inventory.servicebus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.SubQueue;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.component.azure.servicebus.ServiceBusConfiguration;

/**
 * The dead-letter queues of the queues and subscriptions that routes receive from, for an operator to list, to replay and to erase. A
 * queue is named by the id of the receiving route ({@code source}), whatever file that route is in.
 * <p>
 * Requests are maps; an invalid one causes an {@link IllegalArgumentException} that names field and value. If Service Bus refuses or
 * does not answer, the SDK's exception is thrown.
 */
public class DeadLetterQueues {

    /** Messages peeked in one request. */
    private static final int PEEKED = 100;

    private final CamelContext camel;
    private final ProducerTemplate template;

    /** @param template for the route {@code direct:log-replay} */
    public DeadLetterQueues(CamelContext camel, ProducerTemplate template) {
        this.camel = camel;
        this.template = template;
    }

    /**
     * Lists a dead-letter queue, oldest first, without locks and without changes.
     *
     * @param request source; limit, the maximum number of messages, at least 1
     * @return         for each message sequenceNumber (long), messageId, messageType (its Subject), correlationId, enqueuedAt
     *                 (ISO-8601), deliveryCount (int), deadLetterReason, deadLetterErrorDescription, bodySize (bytes; 0 if it is
     *                 neither bytes nor text). Not the body: it may hold a customer's address.
     */
    public List<Map<String, Object>> list(Map<String, Object> request) {
        Route route = route(request);
        Long limit = number(request, "limit");
        require(limit != null && limit >= 1, "limit", limit, "is not a number of at least 1");
        List<Map<String, Object>> answer = new ArrayList<>();
        try (ServiceBusReceiverClient receiver = Receivers.connect(configuration(route), SubQueue.DEAD_LETTER_QUEUE)) {
            peek(receiver, limit, message -> answer.add(describe(message)));
        }
        return answer;
    }

    /**
     * Lets the receiving route handle dead-lettered messages again, as if they had been delivered again: one after the other, in the
     * calling thread, while the route keeps receiving. A handled message is completed; one that fails again remains, and is tried once
     * per call. While the database is unavailable, the call waits.
     *
     * @param request source, whose route has to be started; sequenceNumber of one message, or null or absent for all messages present
     *                 now; replayedBy and reason, for table {@code message_replays}
     * @return replayed (int), how many were handled, logged and completed; failed, a list of sequenceNumber (long) and error, those
     *                 that remain. Both together miss some messages if the worker stops meanwhile.
     */
    public Map<String, Object> replay(Map<String, Object> request) {
        Route route = route(request);
        String source = route.getRouteId();
        ServiceStatus status = camel.getRouteController().getRouteStatus(source);
        require(status.isStarted(), "source", source, "is a route that is " + status + "; it can replay when it is started");
        requireText(request, "replayedBy");
        requireText(request, "reason");
        Long sequenceNumber = number(request, "sequenceNumber");
        try (ServiceBusReceiverClient receiver = Receivers.connect(configuration(route), SubQueue.DEAD_LETTER_QUEUE)) {
            Set<Long> wanted = new TreeSet<>();
            if (sequenceNumber == null) {
                peek(receiver, Long.MAX_VALUE, message -> wanted.add(message.getSequenceNumber()));
            } else {
                ServiceBusReceivedMessage found = receiver.peekMessage(sequenceNumber);
                require(found != null && found.getSequenceNumber() == sequenceNumber, "sequenceNumber", sequenceNumber,
                    "is not in the dead-letter queue of " + source);
                wanted.add(sequenceNumber);
            }
            return new DeadLetterReplay((SettlingConsumer) route.getConsumer(), receiver, template, request, wanted).run();
        }
    }

    /**
     * Completes the dead-lettered messages of all sources whose bodies contain an id as a string of JSON or, if they are not JSON,
     * anywhere in their text. A message that somebody else has locked remains.
     *
     * @param  id of an order or a customer
     * @return by source a map of erased (int) and failed, a list of sequenceNumber (long) and error, those that remain
     */
    public Map<String, Map<String, Object>> erase(String id) {
        DeadLetterErasure erasure = new DeadLetterErasure(id);
        Map<String, Map<String, Object>> answer = new TreeMap<>();
        Receivers.routes(camel).forEach((source, route) -> {
            try (ServiceBusReceiverClient receiver = Receivers.connect(configuration(route), SubQueue.DEAD_LETTER_QUEUE)) {
                Set<Long> named = new TreeSet<>();
                peek(receiver, Long.MAX_VALUE, message -> {
                    if (erasure.isNamedBy(message)) {
                        named.add(message.getSequenceNumber());
                    }
                });
                answer.put(source, erasure.run(source, (SettlingConsumer) route.getConsumer(), receiver, named));
            }
        });
        return answer;
    }

    private Route route(Map<String, Object> request) {
        return Receivers.route(camel, request.get("source"));
    }

    private Long number(Map<String, Object> request, String field) {
        Object value = request.get(field);
        Long number = camel.getTypeConverter().tryConvertTo(Long.class, value);
        require(value == null || number != null, field, value, "is not a number");
        return number;
    }

    private static void requireText(Map<String, Object> request, String field) {
        require(request.get(field) instanceof String text && !text.isBlank(), field, request.get(field),
            "is blank; it is recorded with each replayed message");
    }

    private static void require(boolean valid, String field, Object value, String fault) {
        if (!valid) {
            throw new IllegalArgumentException(field + ": '" + value + "' " + fault);
        }
    }

    static ServiceBusConfiguration configuration(Route route) {
        return ((SettlingConsumer) route.getConsumer()).getEndpoint().getConfiguration();
    }

    static void peek(ServiceBusReceiverClient receiver, long limit, Consumer<ServiceBusReceivedMessage> visitor) {
        long next = 0;
        long left = limit;
        while (left > 0) {
            List<ServiceBusReceivedMessage> some = receiver.peekMessages((int) Math.min(left, PEEKED), next).stream().toList();
            if (some.isEmpty()) {
                return;
            }
            some.forEach(visitor);
            left -= some.size();
            next = some.get(some.size() - 1).getSequenceNumber() + 1;
        }
    }

    private static Map<String, Object> describe(ServiceBusReceivedMessage message) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("sequenceNumber", message.getSequenceNumber());
        description.put("messageId", message.getMessageId());
        description.put("messageType", message.getSubject());
        description.put("correlationId", message.getCorrelationId());
        description.put("enqueuedAt", message.getEnqueuedTime().toInstant().toString());
        description.put("deliveryCount", (int) message.getDeliveryCount());
        description.put("deadLetterReason", message.getDeadLetterReason());
        description.put("deadLetterErrorDescription", message.getDeadLetterErrorDescription());
        description.put("bodySize", MessageBody.size(message));
        return description;
    }
}
