package ecommerce.inventory.outbox;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ecommerce.inventory.database.Sql;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * Writes an event to the outbox. Its fields are those of its schema. Each has the value of the variable of its name, or else that of the
 * field of its name in the message that is handled (variable {@code messageBody}); a point in time that has neither is the present. An
 * event that does not keep to its schema fails, so that none is published that its subscribers do not expect.
 * <p>
 * The event carries the trace, the correlation id and the MessageId of the message that is handled. Events of one key are published in
 * their order: the key is the field that the schema names by {@code x-partition-key}.
 */
final class WriteEvent implements Processor {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Taken from the variables of the message that is handled. */
    private static final List<String> ORIGIN = List.of("correlationId", "sourceMessageId", "traceparent", "tracestate");

    private final String type;
    private final Supplier<EventSchema> schemas;
    private final NamedParameterJdbcTemplate jdbc;
    private final String insert = Sql.read("outbox/write-event");

    WriteEvent(String type, Supplier<EventSchema> schemas, NamedParameterJdbcTemplate jdbc) {
        this.type = type;
        this.schemas = schemas;
        this.jdbc = jdbc;
    }

    @Override
    public void process(Exchange exchange) throws JsonProcessingException {
        EventSchema schema = schemas.get();
        String handled = exchange.getVariable("messageBody", String.class);
        JsonNode message = handled == null ? MissingNode.getInstance() : JSON.readTree(handled);
        ObjectNode event = JSON.createObjectNode();
        List<String> times = new ArrayList<>();
        for (String field : schema.fields()) {
            Object variable = exchange.getVariable(field);
            if (variable != null) {
                event.set(field, value(exchange, schema, field, variable));
            } else if (message.hasNonNull(field)) {
                event.set(field, message.get(field));
            } else if (schema.isTime(field)) {
                times.add(field);
                event.put(field, "");
            }
        }
        schema.require(event);
        event.remove(times);
        Map<String, Object> parameters = new HashMap<>();
        ORIGIN.forEach(name -> parameters.put(name, exchange.getVariable(name)));
        parameters.put("type", type);
        parameters.put("event", event.toString());
        parameters.put("times", times.toArray(String[]::new));
        parameters.put("key", event.get(schema.key()).asText());
        jdbc.update(insert, parameters);
    }

    /** The value of a variable. An expression of Camel may answer any value as text. */
    private static JsonNode value(Exchange exchange, EventSchema schema, String field, Object variable) {
        if (schema.isText(field)) {
            return JSON.valueToTree(exchange.getContext().getTypeConverter().convertTo(String.class, exchange, variable));
        }
        if (variable instanceof String text) {
            try {
                return JSON.readTree(text);
            } catch (JsonProcessingException e) {
                // Text, such as a word of an enumeration; the schema decides.
                return JSON.valueToTree(text);
            }
        }
        return JSON.valueToTree(variable);
    }
}
