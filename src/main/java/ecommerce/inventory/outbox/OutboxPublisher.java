package ecommerce.inventory.outbox;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

import com.azure.core.amqp.exception.AmqpException;
import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import ecommerce.inventory.servicebus.BrokerRefusal;
import ecommerce.inventory.tracing.MessageTracer;
import ecommerce.inventory.tracing.MessageTracer.Publication;

/**
 * Sends rows of the outbox to the events topic, in order and in as few batches as possible.
 * <p>
 * Camel's producer cannot set MessageId and Subject, which the broker's duplicate detection and the subscribers' rules need; hence this
 * bean on the SDK's sender.
 */
public class OutboxPublisher implements AutoCloseable {

    /**
     * Failures that mean that the broker is unavailable, not that the event is bad. So is every failure that the SDK marks transient.
     */
    private static final Set<ServiceBusFailureReason> OUTAGES = Set.of(
        ServiceBusFailureReason.UNAUTHORIZED,
        ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND,
        ServiceBusFailureReason.MESSAGING_ENTITY_DISABLED,
        ServiceBusFailureReason.QUOTA_EXCEEDED,
        ServiceBusFailureReason.SERVICE_BUSY,
        ServiceBusFailureReason.SERVICE_COMMUNICATION_ERROR,
        ServiceBusFailureReason.SERVICE_TIMEOUT);

    private final String topic;
    private final String cell;
    private final MessageTracer tracer;
    private final Supplier<ServiceBusSenderClient> connect;
    private final RelayHealthCheck health;
    private ServiceBusSenderClient sender;

    /**
     * @param topic the topic of the sender
     * @param cell for application property {@code cell} of each event, by which subscribers' rules select; empty: they have none
     * @param connect makes the sender, at the first event: an unavailable broker must not keep the worker from starting
     * @param health is informed whether the broker refuses this worker the topic
     */
    public OutboxPublisher(String topic, String cell, MessageTracer tracer, Supplier<ServiceBusSenderClient> connect, RelayHealthCheck health) {
        this.topic = topic;
        this.cell = cell;
        this.tracer = tracer;
        this.connect = connect;
        this.health = health;
    }

    /**
     * Publishes events. An event that the broker refuses holds back later events with its partition key.
     *
     * @param  events rows of {@code claim-outbox.sql}
     * @return the outcome, as parameters of SQL: {@code published} (UUID[]), acknowledged by the broker; {@code failed} (UUID[]) and
     *                {@code errors} (String[]), refused; {@code outage} (String), why the broker accepts nothing at all, or null.
     *                Events in none of these were not tried.
     */
    public Map<String, Object> publish(List<Map<String, Object>> events) {
        Attempt attempt = new Attempt(sender());
        String outage = null;
        Optional<String> refusal = Optional.empty();
        try {
            for (Map<String, Object> event : events) {
                attempt.add(event);
            }
            attempt.flush();
        } catch (RuntimeException e) {
            // Not only the SDK's own types: a send that times out is an IllegalStateException.
            outage = e.toString();
            refusal = BrokerRefusal.of(e);
        }
        health.refused(refusal);
        Map<String, Object> result = new HashMap<>();
        result.put("published", attempt.published.toArray(UUID[]::new));
        result.put("failed", attempt.refused.keySet().toArray(UUID[]::new));
        result.put("errors", attempt.refused.values().toArray(String[]::new));
        result.put("outage", outage);
        return result;
    }

    private synchronized ServiceBusSenderClient sender() {
        if (sender == null) {
            sender = connect.get();
        }
        return sender;
    }

    @Override
    public synchronized void close() {
        if (sender != null) {
            sender.close();
        }
    }

    private ServiceBusMessage message(Map<String, Object> event, Publication publication) {
        ServiceBusMessage message = new ServiceBusMessage(BinaryData.fromString((String) event.get("message_body")))
            .setMessageId(event.get("message_id").toString())
            .setSubject((String) event.get("message_type"))
            .setCorrelationId((String) event.get("correlation_id"))
            .setContentType("application/json");
        Map<String, Object> properties = message.getApplicationProperties();
        properties.put("MessageType", event.get("message_type"));
        if (event.get("causation_id") != null) {
            properties.put("CausationId", event.get("causation_id"));
        }
        if (!cell.isEmpty()) {
            properties.put("cell", cell);
        }
        properties.putAll(publication.context());
        return message;
    }

    /** Whether the failure is about the events sent, not about the broker. */
    private static boolean isRefusal(RuntimeException e) {
        return e instanceof ServiceBusException s ? !s.isTransient() && !OUTAGES.contains(s.getReason())
            : e instanceof AmqpException a && !a.isTransient();
    }

    /** One call of {@link #publish}: fills batches, sends them, and records the outcome. */
    private final class Attempt {

        private final ServiceBusSenderClient sender;
        private final List<UUID> published = new ArrayList<>();
        private final Map<UUID, String> refused = new LinkedHashMap<>();
        private final Map<Object, Publication> publications = new HashMap<>();
        private final Set<Object> heldKeys = new HashSet<>();
        private final List<Map<String, Object>> inBatch = new ArrayList<>();
        private ServiceBusMessageBatch batch;

        Attempt(ServiceBusSenderClient sender) {
            this.sender = sender;
        }

        void add(Map<String, Object> event) {
            if (heldKeys.contains(event.get("partition_key"))) {
                return;
            }
            if (batch == null) {
                batch = sender.createMessageBatch();
            }
            if (fits(toSend(event))) {
                inBatch.add(event);
            } else if (inBatch.isEmpty()) {
                refuse(event, "Larger than the " + batch.getMaxSizeInBytes() + " bytes that the broker accepts");
            } else {
                flush();
                add(event);
            }
        }

        private ServiceBusMessage toSend(Map<String, Object> event) {
            Publication publication = publications.computeIfAbsent(event.get("message_id"), id -> tracer.startPublication(topic, event));
            return message(event, publication);
        }

        private boolean fits(ServiceBusMessage message) {
            try {
                return batch.tryAddMessage(message);
            } catch (RuntimeException e) {
                // The SDK throws this for a message that fits into no batch.
                if (isRefusal(e)) {
                    return false;
                }
                throw e;
            }
        }

        void flush() {
            if (inBatch.isEmpty()) {
                return;
            }
            List<Map<String, Object>> sent = List.copyOf(inBatch);
            ServiceBusMessageBatch sending = batch;
            inBatch.clear();
            batch = null;
            try {
                sender.sendMessages(sending);
                sent.forEach(this::acknowledge);
            } catch (RuntimeException e) {
                if (!isRefusal(e)) {
                    throw e;
                }
                // One of them is at fault; the others must not suffer for it.
                sent.forEach(this::sendAlone);
            }
        }

        private void sendAlone(Map<String, Object> event) {
            if (heldKeys.contains(event.get("partition_key"))) {
                return;
            }
            try {
                sender.sendMessage(toSend(event));
                acknowledge(event);
            } catch (RuntimeException e) {
                if (!isRefusal(e)) {
                    throw e;
                }
                refuse(event, e.getMessage());
            }
        }

        private void acknowledge(Map<String, Object> event) {
            UUID id = (UUID) event.get("message_id");
            published.add(id);
            publications.get(id).acknowledged();
        }

        private void refuse(Map<String, Object> event, String why) {
            UUID id = (UUID) event.get("message_id");
            refused.put(id, why);
            publications.get(id).refused(why);
            heldKeys.add(event.get("partition_key"));
        }
    }
}
