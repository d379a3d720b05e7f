package ecommerce.inventory.inbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import javax.sql.DataSource;

import ecommerce.inventory.inbox.InvalidMessageException.Reason;
import ecommerce.inventory.metrics.Metric;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * The inbox: an idempotent repository over table {@code inbox}, which joins the transaction of the route.
 * <p>
 * Use it inside {@code transacted}, with {@code completionEager: true} and {@code removeOnFailure: false}: the row
 * is committed or rolled back with the work, so there is nothing to confirm and nothing to remove. (Camel's own
 * JDBC repository answers a concurrent duplicate with a key violation, which aborts a PostgreSQL transaction.)
 * <p>
 * The exchange carries the normalised message in variable {@code message}, or several of one type in {@code messages}.
 */
public class InboxRepository extends ServiceSupport implements IdempotentRepository {

    private final NamedParameterJdbcTemplate jdbc;
    private final Counter duplicates;
    private String insert;
    private String messageType;

    /** @param registry for {@link Metric#INBOX_DUPLICATES} */
    public InboxRepository(DataSource dataSource, MeterRegistry registry) {
        this.jdbc = new NamedParameterJdbcTemplate(dataSource);
        this.duplicates = Metric.INBOX_DUPLICATES.counter(registry);
    }

    /** Reads the SQL, with the start of the route, as endpoints do. */
    @Override
    protected void doStart() {
        insert = sql("inbox-insert");
        messageType = sql("inbox-message-type");
    }

    /**
     * @return whether there is a message to be handled: it is new, and does not have to wait for an older one of its order that
     *         is parked, behind which it is parked then; a concurrent delivery of the same message waits for the other's outcome.
     *         Of several messages those are left in the body.
     * @throws InvalidMessageException when the id was used by a message of another type: taking that for a
     *                                 duplicate would lose a message
     */
    @Override
    @SuppressWarnings("unchecked")
    public boolean add(Exchange exchange, String key) {
        List<Map<String, Object>> several = exchange.getVariable("messages", List.class);
        List<Map<String, Object>> messages = several != null ? several : List.of(exchange.getVariable("message", Map.class));
        Map<String, String[]> parameters = MessageColumns.of(messages);
        Map<UUID, Boolean> inserted = new HashMap<>();
        jdbc.query(insert, parameters, row -> {
            inserted.put(row.getObject("message_id", UUID.class), row.getBoolean("to_handle"));
        });
        List<Map<String, Object>> toHandle = new ArrayList<>();
        List<Map<String, Object>> known = new ArrayList<>();
        for (Map<String, Object> message : messages) {
            // Removed, so that a second delivery in the same batch is a duplicate too.
            Boolean handle = inserted.remove(message.get("messageId"));
            if (handle == null) {
                known.add(message);
            } else if (handle) {
                toHandle.add(message);
            }
        }
        if (!known.isEmpty()) {
            requireSameTypes(known);
            duplicates.increment(known.size());
        }
        if (several != null) {
            exchange.getMessage().setBody(toHandle);
        }
        return !toHandle.isEmpty();
    }

    private void requireSameTypes(List<Map<String, Object>> known) {
        Map<UUID, String> types = new HashMap<>();
        jdbc.query(messageType, MessageColumns.of(known), row -> {
            types.put(row.getObject("message_id", UUID.class), row.getString("message_type"));
        });
        for (Map<String, Object> message : known) {
            String earlier = types.get(message.get("messageId"));
            if (!message.get("messageType").equals(earlier)) {
                throw new InvalidMessageException(Reason.MessageIdReused, "MessageId: " + message.get("sourceMessageId")
                    + " was that of a message of type " + earlier + "; each message needs an id of its own");
            }
        }
    }

    @Override
    public boolean confirm(Exchange exchange, String key) {
        return true;
    }

    @Override
    public boolean add(String key) {
        throw new UnsupportedOperationException("The inbox keeps the message with its id: an exchange is needed");
    }

    @Override
    public boolean contains(String key) {
        throw new UnsupportedOperationException("Only an insert can tell whether a message is new; set eager: true");
    }

    @Override
    public boolean remove(String key) {
        throw new UnsupportedOperationException("The transaction removes the row; set removeOnFailure: false");
    }

    @Override
    public boolean confirm(String key) {
        return true;
    }

    @Override
    public void clear() {
        throw new UnsupportedOperationException("The inbox is emptied by retention only");
    }

    private static String sql(String name) {
        try {
            return new ClassPathResource("sql/" + name + ".sql").getContentAsString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
