package bench.plain;

import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.azure.core.util.BinaryData;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

/** Publishes a batch of the outbox, one event after the other. */
class OutboxBatch {

    private final JdbcTemplate jdbc;
    private final ServiceBusSenderClient sender;

    OutboxBatch(JdbcTemplate jdbc, ServiceBusSenderClient sender) {
        this.jdbc = jdbc;
        this.sender = sender;
    }

    /** @return the number of published events */
    @Transactional
    public int publish() {
        List<Map<String, Object>> events = jdbc.queryForList("SELECT message_id, message_type, message_body::text AS message_body, "
            + "correlation_id FROM outbox WHERE published_at IS NULL ORDER BY sequence LIMIT 100 FOR UPDATE SKIP LOCKED");
        for (Map<String, Object> event : events) {
            sender.sendMessage(new ServiceBusMessage(BinaryData.fromString((String) event.get("message_body")))
                .setMessageId(event.get("message_id").toString())
                .setSubject((String) event.get("message_type"))
                .setCorrelationId((String) event.get("correlation_id"))
                .setContentType("application/json"));
        }
        jdbc.update("UPDATE outbox SET published_at = now() WHERE message_id = ANY (?)",
            (Object) events.stream().map(event -> (UUID) event.get("message_id")).toArray(UUID[]::new));
        return events.size();
    }
}
