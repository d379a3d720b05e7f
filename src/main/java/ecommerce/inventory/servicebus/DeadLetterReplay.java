package ecommerce.inventory.servicebus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import ecommerce.inventory.failure.Failures;
import ecommerce.inventory.text.UntrustedText;
import ecommerce.inventory.tracing.MessageSpan;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of {@link DeadLetterQueues#replay}. */
class DeadLetterReplay {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterReplay.class);

    private final SettlingConsumer consumer;
    private final ServiceBusReceiverClient receiver;
    private final ProducerTemplate template;
    private final Map<String, Object> request;
    private final Set<Long> wanted;
    private final int batchSize;
    private final List<Map<String, Object>> failed = new ArrayList<>();
    private int replayed;

    /**
     * @param request of {@link DeadLetterQueues#replay}, checked
     * @param wanted the sequence numbers of the messages to handle; entries are removed as they are processed
     */
    DeadLetterReplay(SettlingConsumer consumer, ServiceBusReceiverClient receiver, ProducerTemplate template,
                     Map<String, Object> request, Set<Long> wanted) {
        this.consumer = consumer;
        this.receiver = receiver;
        this.template = template;
        this.request = request;
        this.wanted = wanted;
        // One at a time if all are wanted: otherwise messages would stay locked while those before them are handled.
        this.batchSize = request.get("sequenceNumber") == null ? 1 : DeadLetterSearch.SEARCHED;
    }

    Map<String, Object> run() {
        String source = (String) request.get("source");
        if (!new DeadLetterSearch(source, consumer, receiver).run(wanted, batchSize, this::replay)) {
            wanted.forEach(number -> fail(number, "It could not be received: it is locked by someone else, or no longer there"));
        }
        LOG.info("{}: {} dead-lettered messages were replayed, {} were not", source, replayed, failed.size());
        return Map.of("replayed", replayed, "failed", failed);
    }

    private boolean replay(ServiceBusReceivedMessage message) {
        try (MessageSpan span = consumer.trace(message)) {
            return replay(message, span);
        }
    }

    private boolean replay(ServiceBusReceivedMessage message, MessageSpan span) {
        long number = message.getSequenceNumber();
        Exchange exchange = consumer.process(message);
        Exception failure = exchange.getException();
        if (failure != null || exchange.isRollbackOnly()) {
            span.failed(failure);
            return fail(number, Failures.invalidMessage(failure)
                .map(invalid -> invalid.reason() + ": " + invalid.getMessage())
                .orElseGet(() -> Objects.toString(failure, "Rolled back")));
        }
        try {
            // Logged before it is completed, so that every replay has an audit record.
            log(message);
            receiver.complete(message);
            replayed++;
            return true;
        } catch (RuntimeException e) {
            return fail(number, "It was handled but remains; another replay has no effect: " + Failures.rootCause(e));
        }
    }

    private void log(ServiceBusReceivedMessage message) {
        Map<String, Object> row = new HashMap<>();
        row.put("source", request.get("source"));
        row.put("messageId", UntrustedText.storable(Objects.toString(message.getMessageId(), "#" + message.getSequenceNumber())));
        row.put("messageType", UntrustedText.storable(message.getSubject()));
        row.put("errorMessage", UntrustedText.storable(Stream.of(message.getDeadLetterReason(), message.getDeadLetterErrorDescription())
            .filter(Objects::nonNull).collect(Collectors.joining(": "))));
        row.put("replayedBy", UntrustedText.storable((String) request.get("replayedBy")));
        row.put("reason", UntrustedText.storable((String) request.get("reason")));
        template.requestBody("direct:log-replay", row);
    }

    private boolean fail(long number, String error) {
        failed.add(Map.of("sequenceNumber", number, "error", error));
        return false;
    }
}
