package ecommerce.inventory.servicebus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import ecommerce.inventory.failure.Failures;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of {@link DeadLetterQueues#erase}: deletes the dead-lettered messages whose bodies name an order or a customer. */
class DeadLetterErasure {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterErasure.class);
    private static final JsonFactory JSON = new JsonFactory();

    private final String id;
    private final Pattern inText;

    /** @param id of the order or the customer */
    DeadLetterErasure(String id) {
        this.id = id;
        // Not as part of a longer id.
        this.inText = Pattern.compile("(?<![\\p{L}\\p{N}_-])" + Pattern.quote(id) + "(?![\\p{L}\\p{N}_-])");
    }

    /** Whether the body has the id as a string of JSON, as an integer in a field of an id or, if it is not JSON, anywhere in its text. */
    boolean isNamedBy(ServiceBusReceivedMessage message) {
        byte[] body = MessageBody.searchable(message);
        // Token by token, as a field may occur twice.
        try (JsonParser json = JSON.createParser(body)) {
            boolean found = false;
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                found |= (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT && isId(json.currentName()))
                    && json.getText().equals(id);
            }
            return found;
        } catch (IOException e) {
            return inText.matcher(new String(body, StandardCharsets.UTF_8)).find();
        }
    }

    private static boolean isId(String field) {
        return field != null && field.toLowerCase(Locale.ROOT).endsWith("id");
    }

    /**
     * @param named the sequence numbers of the messages to erase
     * @return erased (int), how many were completed; failed, a list of sequenceNumber (long) and error, those that remain
     */
    Map<String, Object> run(String source, SettlingConsumer consumer, ServiceBusReceiverClient receiver, Set<Long> named) {
        int all = named.size();
        List<Map<String, Object>> failed = new ArrayList<>();
        boolean workerStops = new DeadLetterSearch(source, consumer, receiver)
            .run(named, DeadLetterSearch.SEARCHED, message -> complete(receiver, message, failed));
        named.forEach(number -> failed.add(Map.of("sequenceNumber", number, "error", workerStops ? "The worker stops"
            : "It could not be received: it is locked by someone else, or no longer there")));
        int erased = all - failed.size();
        LOG.info("{}: {} dead-lettered messages were erased, {} were not", source, erased, failed.size());
        return Map.of("erased", erased, "failed", failed);
    }

    private static boolean complete(ServiceBusReceiverClient receiver, ServiceBusReceivedMessage message, List<Map<String, Object>> failed) {
        try {
            receiver.complete(message);
            return true;
        } catch (RuntimeException e) {
            failed.add(Map.of("sequenceNumber", message.getSequenceNumber(), "error", Failures.rootCause(e)));
            return false;
        }
    }
}
