package ecommerce.inventory.database;

import static ecommerce.inventory.support.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import javax.sql.DataSource;

import ecommerce.inventory.failure.InvalidMessageException;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.support.Tables;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** How the inbox treats a message that is delivered again, also while its first delivery is still in flight. */
@DatabaseTest
class InboxRepositoryTest {

    private static final UUID ID = UUID.fromString("5f0c3a52-0b6e-4f0e-9f4e-0d4f6f0a0001");

    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final InboxRepository inbox;
    private final TransactionTemplate transaction;

    @Autowired
    InboxRepositoryTest(DataSource dataSource, PlatformTransactionManager transactionManager) {
        inbox = new InboxRepository(dataSource, registry);
        inbox.start();
        transaction = new TransactionTemplate(transactionManager);
    }

    @Test
    void aMessageIsNewOnce() {
        assertThat(add("OrderCreated")).isTrue();
        assertThat(add("OrderCreated")).isFalse();

        assertThat(registry.get("inventory.inbox.duplicates").counter().count()).isEqualTo(1);
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL AND message_body IS NULL")).as("its body is not kept").isEqualTo(1);
    }

    /** Otherwise an event without a message would get the time of the last message. */
    @Test
    void theTimeOfAMessageEndsWithItsTransaction() {
        Map<String, Object> message = message(ID, "OrderCreated", "order/1", "content");
        message.put("enqueuedAt", OffsetDateTime.parse("2026-11-23T12:00:00Z"));

        String within = transaction.execute(ofTheMessage -> {
            add(message);
            return connectionAndTime();
        });

        assertThat(within).contains(" 2026-11-23 ");
        assertThat(connectionAndTime()).isEqualTo(within.replaceFirst(" .*", " "));
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
    void aMessageOfAnOrderWithTheIdOfAnotherTypeIsHandledOnceAsAMessageOfItsOwn() {
        add("PaymentFailed");
        Map<String, Object> message = message(ID, "OrderCreated", "order/1", "content");

        assertThat(add(message)).isTrue();

        assertThat(message.get("messageId")).as("the id for retries and for the parked message").isNotEqualTo(ID);
        assertThat(tables.rows("SELECT message_id FROM inbox WHERE message_type = 'OrderCreated'"))
            .containsExactly(Map.of("message_id", message.get("messageId")));
        assertThat(add("OrderCreated")).as("delivered again").isFalse();
        assertThat(reusedIds()).as("and counted each time").isEqualTo(2);
        assertThat(duplicates()).isEqualTo(1);
    }

    @Test
    void aMessageOfAnOrderWithTheIdOfOtherContentIsHandledOnceAsAMessageOfItsOwn() {
        assertThat(add(message(ID, "PaymentProcessed", "order/1", "captured"))).isTrue();
        assertThat(add(message(ID, "PaymentProcessed", "order/1", "refunded"))).isTrue();
        assertThat(add(message(ID, "PaymentProcessed", "order/2", "captured-2"))).isTrue();
        assertThat(reusedIds()).isEqualTo(2);

        assertThat(add(message(ID, "PaymentProcessed", "order/1", "refunded"))).isFalse();
        assertThat(add(message(ID, "PaymentProcessed", "order/1", "captured"))).isFalse();

        assertThat(tables.count("inbox")).isEqualTo(3);
        assertThat(duplicates()).isEqualTo(2);
    }

    @Test
    void whoeverSendsUnderTheIdThatAnotherMessageGetsForItsOwnDoesNotKeepItAway() {
        add(message(ID, "PaymentProcessed", "order/1", "captured"));
        Map<String, Object> refund = message(ID, "PaymentProcessed", "order/1", "refunded");
        transaction.executeWithoutResult(notCommitted -> {
            add(refund);
            notCommitted.setRollbackOnly();
        });
        add(message((UUID) refund.get("messageId"), "PaymentProcessed", "order/9", "captured-9"));

        assertThat(add(message(ID, "PaymentProcessed", "order/1", "refunded"))).isTrue();
        assertThat(add(message(ID, "PaymentProcessed", "order/1", "refunded"))).isFalse();
    }

    @Test
    void aCommandWithTheIdOfAnotherMessageIsRefused() {
        add("PaymentFailed");
        assertThatThrownBy(() -> add(message(ID, "RestockInventory", "product/a", "5"))).isInstanceOf(InvalidMessageException.class)
            .hasMessage("MessageId: the-sender's-id was that of a message of type PaymentFailed, and this is of type RestockInventory; "
                + "each message needs an id of its own");

        UUID id = UUID.randomUUID();
        assertThat(add(message(id, "RestockInventory", "product/a", "5"))).isTrue();
        assertThat(add(message(id, "RestockInventory", "product/a", "5"))).isFalse();
        assertThatThrownBy(() -> add(message(id, "RestockInventory", "product/a", "6"))).isInstanceOf(InvalidMessageException.class)
            .hasMessage("MessageId: the-sender's-id was that of another message of type RestockInventory, with other content; "
                + "each message needs an id of its own");
        assertThat(reusedIds()).isEqualTo(2);
    }

    @Test
    void aMessageFromBeforeHashesWereKeptIsKnownByItsIdAndType() {
        jdbc.update("INSERT INTO inbox (message_id, message_type, processed_at) VALUES (?, 'OrderCreated', now())", ID);

        assertThat(add("OrderCreated")).isFalse();
        assertThat(add("OrderCancelled")).isTrue();
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
    void ofSeveralMessagesOfOneIdEachThatHasOtherContentIsHandledInTheOrderInWhichTheyCame() {
        add("PaymentFailed");
        UUID other = UUID.randomUUID();
        List<Map<String, Object>> messages = List.of(
            message(ID, "OrderCreated", "order/1", "1"),
            message(other, "OrderCreated", "order/2", "2"),
            message(ID, "OrderCreated", "order/3", "3"),
            message(ID, "OrderCreated", "order/1", "1"),
            message(other, "OrderCreated", "order/4", "4"),
            message(other, "OrderCreated", "order/2", "2"));

        assertThat(addAll(messages)).extracting(message -> message.get("partitionKey"))
            .containsExactly("order/1", "order/2", "order/3", "order/4");

        assertThat(messages.get(1)).as("the first message of an id keeps the id").containsEntry("messageId", other);
        assertThat(tables.count("inbox WHERE message_type = 'OrderCreated'")).isEqualTo(4);
        assertThat(duplicates()).isEqualTo(2);
    }

    /** Two batches with the same ids in another order would deadlock. */
    @Test
    void aBatchThatWaitsForAnIdHasNoneOfTheIdsBehindIt() {
        UUID lower = UUID.fromString("10000000-0000-0000-0000-000000000000");
        UUID higher = UUID.fromString("20000000-0000-0000-0000-000000000000");
        CompletableFuture<List<UUID>> batch = transaction.execute(first -> {
            assertThat(addAll(lower)).containsExactly(lower);
            CompletableFuture<List<UUID>> waiting = CompletableFuture.supplyAsync(() -> addAll(higher, lower));
            await().until(() -> tables.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1);
            assertThat(CompletableFuture.supplyAsync(() -> addAll(higher)).join()).as("a batch of another transaction").containsExactly(higher);
            return waiting;
        });

        assertThat(batch.join()).as("both are known by now").isEmpty();
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

    private String connectionAndTime() {
        return jdbc.queryForObject("SELECT pg_backend_pid() || ' ' || coalesce(current_setting('inventory.enqueued_at', true), '')", String.class);
    }

    private double duplicates() {
        return registry.get("inventory.inbox.duplicates").counter().count();
    }

    private double reusedIds() {
        return registry.get("inventory.inbox.reused.ids").counter().count();
    }

    private boolean add(String type) {
        return add(message(ID, type, "order/1", "content"));
    }

    private boolean add(Map<String, Object> message) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(List.of(message));
        return inbox.add(exchange, ID.toString());
    }

    /** @return ids of the messages to handle */
    private List<UUID> addAll(UUID... ids) {
        return addAll(Stream.of(ids).map(id -> message(id, "OrderCreated", "order/1", "content")).toList()).stream()
            .map(message -> (UUID) message.get("messageId")).toList();
    }

    /** @return the messages to handle */
    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> addAll(List<Map<String, Object>> messages) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(messages);
        boolean any = inbox.add(exchange, exchange.getExchangeId());
        List<Map<String, Object>> toHandle = exchange.getMessage().getBody(List.class);
        assertThat(any).isEqualTo(!toHandle.isEmpty());
        return toHandle;
    }

    private static Map<String, Object> message(UUID id, String type, String partitionKey, String content) {
        return Tables.message(id, type, partitionKey, "{\"content\": \"" + content + "\"}");
    }
}
