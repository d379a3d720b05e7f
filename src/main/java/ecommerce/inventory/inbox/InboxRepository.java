package ecommerce.inventory.inbox;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import javax.sql.DataSource;

import ecommerce.inventory.database.Sql;
import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.failure.InvalidMessageException.Reason;
import ecommerce.inventory.metrics.Metric;
import ecommerce.inventory.text.UntrustedText;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * The inbox: an idempotent repository over table {@code inbox}, which joins the transaction of the route.
 * <p>
 * Use it inside {@code transacted}, with {@code completionEager: true} and {@code removeOnFailure: false}: the row is committed or
 * rolled back with the work, so there is nothing to confirm and nothing to remove. (With Camel's own JDBC repository a concurrent
 * duplicate is a key violation, which aborts a PostgreSQL transaction.)
 * <p>
 * The body is a list of normalised messages of one type; variable {@code lockWait} is how long its transaction waits for a lock, in
 * PostgreSQL's notation ({@code 900ms}).
 */
public class InboxRepository extends ServiceSupport implements IdempotentRepository {

    private static final Logger LOG = LoggerFactory.getLogger(InboxRepository.class);

    private final NamedParameterJdbcTemplate jdbc;
    private final Counter duplicates;
    private final Counter reusedIds;
    private String insert;
    private String known;

    /** @param registry for {@link Metric#INBOX_DUPLICATES} and {@link Metric#INBOX_REUSED_IDS} */
    public InboxRepository(DataSource dataSource, MeterRegistry registry) {
        this.jdbc = new NamedParameterJdbcTemplate(dataSource);
        this.duplicates = Metric.INBOX_DUPLICATES.counter(registry);
        this.reusedIds = Metric.INBOX_REUSED_IDS.counter(registry);
    }

    /** Reads the SQL when the route starts, as endpoints do. */
    @Override
    protected void doStart() {
        insert = Sql.read("inbox/inbox-insert");
        known = Sql.read("inbox/inbox-known");
    }

    /**
     * @return whether there is a message to handle: one that is new, and not parked here behind an older parked message of its order. A
     *         concurrent delivery of the same message waits for the other's outcome. Those to handle remain in the body. A message that
     *         reuses the id of a message with another type or other content is not a duplicate: if it is about an order it gets an id of
     *         its own.
     * @throws InvalidMessageException if a message that reuses an id is not about an order: it may be a new message, or a resent one
     *                                 that would take effect twice
     */
    @Override
    @SuppressWarnings("unchecked")
    public boolean add(Exchange exchange, String key) {
        List<Map<String, Object>> messages = exchange.getMessage().getBody(List.class);
        Set<Map<String, Object>> toHandle = Collections.newSetFromMap(new IdentityHashMap<>());
        for (List<Map<String, Object>> next = messages; !next.isEmpty();) {
            List<Map<String, Object>> known = insert(next, exchange.getVariable("lockWait", String.class), toHandle);
            next = known.isEmpty() ? known : notDuplicates(known);
        }
        exchange.getMessage().setBody(messages.stream().filter(toHandle::contains).toList());
        return !toHandle.isEmpty();
    }

    /** @return the messages whose ids are already in the inbox */
    private List<Map<String, Object>> insert(List<Map<String, Object>> messages, String lockWait, Set<Map<String, Object>> toHandle) {
        Map<String, Object> parameters = new HashMap<>(ToColumns.of(messages));
        parameters.put("lockWait", lockWait);
        Map<UUID, Boolean> inserted = new HashMap<>();
        jdbc.query(insert, parameters, row -> {
            inserted.put(row.getObject("message_id", UUID.class), row.getBoolean("to_handle"));
        });
        List<Map<String, Object>> known = new ArrayList<>();
        for (Map<String, Object> message : messages) {
            // Removed, so that a second message with this id in the same batch counts as known.
            Boolean handle = inserted.remove(message.get("messageId"));
            if (handle == null) {
                known.add(message);
            } else if (handle) {
                toHandle.add(message);
            }
        }
        return known;
    }

    /** The messages with a known id that are not duplicates, and so are inserted again. */
    private List<Map<String, Object>> notDuplicates(List<Map<String, Object>> messages) {
        Map<UUID, Earlier> earlier = new HashMap<>();
        jdbc.query(known, ToColumns.of(messages), row -> {
            earlier.put(row.getObject("message_id", UUID.class), new Earlier(row.getString("message_type"), row.getString("content_hash")));
        });
        List<Map<String, Object>> others = new ArrayList<>();
        for (Map<String, Object> message : messages) {
            Earlier first = earlier.get(message.get("messageId"));
            if (first == null) {
                // The earlier message was purged in between.
                others.add(message);
            } else if (first.isSame(message)) {
                duplicates.increment();
            } else {
                reusedIds.increment();
                others.add(withOwnId(message, first));
            }
        }
        return others;
    }

    private static Map<String, Object> withOwnId(Map<String, Object> message, Earlier earlier) {
        UUID ownId = ownId(message);
        String fault = "MessageId: " + message.get("sourceMessageId") + " was that of "
            + (earlier.type.equals(message.get("messageType")) ? "another message of type " + earlier.type + ", with other content"
                : "a message of type " + earlier.type + ", and this is of type " + message.get("messageType"));
        if (ownId.equals(message.get("messageId"))) {
            throw new InvalidMessageException(Reason.MessageIdReused, fault + "; each message needs an id of its own");
        }
        LOG.warn("{}; it is about {} and is handled under the id {}", UntrustedText.printable(fault),
            UntrustedText.printable((String) message.get("partitionKey")), ownId);
        // Changes the exchange too: a retry, or parking, uses this id.
        message.put("messageId", ownId);
        return message;
    }

    /**
     * The id of a message whose MessageId belongs to another message. If it is about an order, the id is made from MessageId and
     * content, so it is the same at each delivery; otherwise it is the MessageId.
     */
    static UUID ownId(Map<String, Object> message) {
        UUID id = (UUID) message.get("messageId");
        return InboundSchema.isOfOrder((String) message.get("partitionKey")) ? UUID.nameUUIDFromBytes(
            (id + "/" + message.get("messageType") + '/' + message.get("contentHash")).getBytes(StandardCharsets.UTF_8)) : id;
    }

    /** The message first received with an id; contentHash is null if an older version of the worker stored it. */
    private record Earlier(String type, String contentHash) {

        boolean isSame(Map<String, Object> message) {
            return type.equals(message.get("messageType")) && (contentHash == null || contentHash.equals(message.get("contentHash")));
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
        throw new UnsupportedOperationException("Only an insert shows whether a message is new; set eager: true");
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
}
