package development;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import ecommerce.inventory.tracing.MessageTracer;
import jakarta.annotation.PreDestroy;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;
import servicebus.BrowsedMessage;
import servicebus.EmbeddedServiceBus;

/**
 * The Service Bus of the launcher over HTTP, for development: sends any message to any queue or topic, and shows what came to each queue,
 * topic, subscription and dead-letter queue.
 */
@RestController
class BusContents {

    /** What {@code curl -d} sends if no content type is given. */
    private static final String CURLS_DEFAULT = MediaType.APPLICATION_FORM_URLENCODED_VALUE;
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A message that came.
     *
     * @param body JSON if it is JSON, otherwise text
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Shown(String messageId, String subject, String correlationId, String contentType, Map<String, Object> applicationProperties,
            Instant enqueuedTime, String deadLetterReason, String deadLetterErrorDescription, Object body) {

        static Shown of(BrowsedMessage message) {
            Object body;
            try {
                body = JSON.readTree(message.bodyAsString());
            } catch (JsonProcessingException e) {
                body = TextNode.valueOf(message.bodyAsString());
            }
            return new Shown(message.messageId(), message.subject(), message.correlationId(), message.contentType(), message.applicationProperties(),
                message.enqueuedTime(), message.deadLetterReason(), message.deadLetterErrorDescription(), body);
        }
    }

    private final EmbeddedServiceBus bus;
    private final Map<String, ServiceBusSenderClient> senders = new ConcurrentHashMap<>();

    BusContents(EmbeddedServiceBus bus) {
        this.bus = bus;
    }

    /** All entities, and how many messages came to each. */
    @GetMapping("/api/topics")
    Map<String, Long> entities() {
        return bus.entities().stream().collect(Collectors.toMap(Function.identity(), entity -> bus.counts(entity).enqueued(), Long::sum,
            LinkedHashMap::new));
    }

    /** The last messages that came, the oldest first. */
    @GetMapping("/api/topics/{*entity}")
    List<Shown> messages(@PathVariable String entity) {
        return bus.history(known(entity)).stream().map(Shown::of).toList();
    }

    /**
     * Sends the body as it is. Query parameters {@code Subject}, {@code MessageId}, {@code CorrelationId} and {@code SessionId} are
     * properties of the message, all others are application properties. The content type is that of the request, or application/json.
     */
    @PostMapping("/api/topics/{*entity}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void send(@PathVariable String entity, HttpServletRequest request) throws IOException {
        ServiceBusMessage message = new ServiceBusMessage(BinaryData.fromBytes(request.getInputStream().readAllBytes()));
        String type = request.getContentType();
        message.setContentType(type == null || type.startsWith(CURLS_DEFAULT) ? MediaType.APPLICATION_JSON_VALUE : type);
        message.getApplicationProperties().putAll(MessageTracer.context());
        // The parameters of the request would include the fields of a form, and their reading would take the body.
        UriComponentsBuilder.newInstance().query(request.getQueryString()).build().getQueryParams().toSingleValueMap().forEach((name, value) ->
            set(message, UriUtils.decode(name, UTF_8), UriUtils.decode(value == null ? "" : value, UTF_8)));
        // The SDK addresses queues in the same way.
        senders.computeIfAbsent(known(entity), name -> new ServiceBusClientBuilder().connectionString(bus.connectionString())
            .sender().topicName(name).buildClient()).sendMessage(message);
    }

    private static void set(ServiceBusMessage message, String property, String value) {
        switch (property) {
            case "Subject" -> message.setSubject(value);
            case "MessageId" -> message.setMessageId(value);
            case "CorrelationId" -> message.setCorrelationId(value);
            case "SessionId" -> message.setSessionId(value);
            default -> message.getApplicationProperties().put(property, value);
        }
    }

    private String known(String path) {
        String entity = path.substring(1);
        return bus.entities().stream().filter(entity::equalsIgnoreCase).findFirst().orElseThrow(() ->
            new ResponseStatusException(HttpStatus.NOT_FOUND, entity + " is not in the topology; these are: " + String.join(", ", bus.entities())));
    }

    @ExceptionHandler({ResponseStatusException.class, ServiceBusException.class})
    ResponseEntity<String> problem(Exception e) {
        return e instanceof ResponseStatusException known ? ResponseEntity.status(known.getStatusCode()).body(known.getReason() + "\n")
            : ResponseEntity.badRequest().body(e.getMessage() + "\n");
    }

    @PreDestroy
    void close() {
        senders.values().forEach(ServiceBusSenderClient::close);
    }
}
