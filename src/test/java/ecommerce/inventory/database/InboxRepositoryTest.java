package ecommerce.inventory.database;

import static ecommerce.inventory.support.Shop.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import javax.sql.DataSource;

import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.inbox.InvalidMessageException;
import ecommerce.inventory.support.Tables;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the inbox says of a message that is delivered again, also while its first delivery is still in work. */
@DatabaseTest
class InboxRepositoryTest {

    private static final UUID ID = UUID.fromString("5f0c3a52-0b6e-4f0e-9f4e-0d4f6f0a0001");

    @Autowired
    private Tables tables;
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final InboxRepository inbox;
    private final TransactionTemplate transaction;

    @Autowired
    InboxRepositoryTest(DataSource dataSource, PlatformTransactionManager transactionManager) {
        inbox = new InboxRepository(dataSource, registry);
        inbox.start();
        transaction = new TransactionTemplate(transactionManager);
    }

    @BeforeEach
    void empty() {
        tables.clear();
    }

    @Test
    void aMessageIsNewOnce() {
        assertThat(add("OrderCreated")).isTrue();
        assertThat(add("OrderCreated")).isFalse();

        assertThat(registry.get("inventory.inbox.duplicates").counter().count()).isEqualTo(1);
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL AND message_body ->> 'orderId' = '1'")).isEqualTo(1);
    }

    @Test
    void aConcurrentDeliveryWaitsAndIsADuplicateOnceTheFirstHasCommitted() {
        CompletableFuture<Boolean> second = whileTheFirstIsInWork(true);

        assertThat(second.join()).isFalse();
        assertThat(tables.count("inbox")).isEqualTo(1);
    }

    @Test
    void aConcurrentDeliveryWaitsAndIsNewIfTheFirstRollsBack() {
        CompletableFuture<Boolean> second = whileTheFirstIsInWork(false);

        assertThat(second.join()).isTrue();
        assertThat(tables.count("inbox")).isEqualTo(1);
    }

    @Test
    void anIdThatAMessageOfAnotherTypeHadIsNoDuplicate() {
        add("PaymentFailed");

        assertThatThrownBy(() -> add("OrderCreated")).isInstanceOf(InvalidMessageException.class)
            .hasMessage("MessageId: the-sender's-id was that of a message of type PaymentFailed; each message needs an id of its own");
    }

    @Test
    void ofSeveralMessagesThoseAreHandledThatAreNewAndOfTwiceTheSameOne() {
        add("OrderCreated");
        UUID second = UUID.randomUUID();
        UUID third = UUID.randomUUID();

        assertThat(addAll(ID, third, second, third)).as("in the order in which they came").containsExactly(third, second);
        assertThat(addAll(second, third)).isEmpty();

        assertThat(tables.count("inbox")).isEqualTo(3);
        assertThat(registry.get("inventory.inbox.duplicates").counter().count()).isEqualTo(4);
    }

    @Test
    void ofSeveralMessagesOneThatUsesAnIdAgainFailsAll() {
        add("PaymentFailed");

        assertThatThrownBy(() -> addAll(UUID.randomUUID(), ID)).isInstanceOf(InvalidMessageException.class)
            .hasMessageStartingWith("MessageId: the-sender's-id was that of a message of type PaymentFailed");
    }

    private CompletableFuture<Boolean> whileTheFirstIsInWork(boolean commit) {
        return transaction.execute(status -> {
            assertThat(add("OrderCreated")).isTrue();
            CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> add("OrderCreated"));
            await().until(() -> tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
            if (!commit) {
                status.setRollbackOnly();
            }
            return second;
        });
    }

    private boolean add(String type) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.setVariable("message", message(ID, type));
        return inbox.add(exchange, ID.toString());
    }

    /** @return ids of the messages that are to be handled */
    private List<UUID> addAll(UUID... ids) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.setVariable("messages", Stream.of(ids).map(id -> message(id, "OrderCreated")).toList());
        boolean any = inbox.add(exchange, exchange.getExchangeId());
        List<?> toHandle = exchange.getMessage().getBody(List.class);
        assertThat(any).isEqualTo(!toHandle.isEmpty());
        return toHandle.stream().map(message -> (UUID) ((Map<?, ?>) message).get("messageId")).toList();
    }

    private static Map<String, Object> message(UUID id, String type) {
        Map<String, Object> message = new HashMap<>(Map.of("messageId", id, "sourceMessageId", "the-sender's-id",
            "messageType", type, "messageBody", "{\"orderId\": \"1\"}"));
        message.put("correlationId", null);
        message.put("traceparent", null);
        message.put("enqueuedAt", null);
        return message;
    }
}
