package ecommerce.inventory.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ecommerce.inventory.inbox.InboxRepository;
import ecommerce.inventory.support.NewTransaction;
import ecommerce.inventory.support.Tables;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

/** The inbox as a retry queue: the order in which parked messages are retried, and when they are delayed, dead or replayed. */
@DatabaseTest
@Import({InboxRepository.class, SimpleMeterRegistry.class})
class ParkedMessageTest {

    @Autowired
    private InboxRepository inbox;
    @Autowired
    private Tables tables;
    @Autowired
    private JdbcTemplate jdbc;
    @Autowired
    private NewTransaction transaction;

    @BeforeEach
    void startTheInbox() {
        inbox.start();
    }

    @Test
    void aParkedMessageKeepsAllThatItTakesToHandleItLater() {
        UUID id = UUID.randomUUID();
        Map<String, Object> message = message(id, "1");
        message.put("correlationId", "checkout-7");
        message.put("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        message.put("tracestate", "shop=1");
        park(message, 10);
        due();

        Map<String, Object> taken = tables.run("take-parked-message").get(0);

        assertThat(taken.remove("retryCount")).isEqualTo(1);
        assertThat(taken.remove("orderId")).as("for the log").isEqualTo("1");
        assertThat(taken.remove("enqueuedAt")).as("the start of the latency of its events").isNotEqualTo(message.remove("enqueuedAt"));
        assertThat(taken.remove("lockWait")).as("short, as others wait behind it").isEqualTo("400ms");
        assertThat(taken).isEqualTo(message);
    }

    @Test
    void aParkedMessageIsTakenWhenItIsDueAndOnce() {
        park("1");
        assertThat(take()).as("not yet").isNull();
        assertThat(tables.row("SELECT next_retry_at - received_at BETWEEN interval '5 seconds' AND interval '10 seconds' AS delay FROM inbox"))
            .as("ten seconds, randomly shorter by up to half").containsEntry("delay", true);
        due();

        assertThat(take()).isEqualTo("1");
        assertThat(take()).as("it is processed").isNull();
        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(1);
    }

    @Test
    void laterMessagesOfTheOrderWaitBehindAParkedOneAndThoseOfOthersDoNot() {
        park("1");

        assertThat(add("1")).as("the same order: behind it").isFalse();
        assertThat(add("2")).as("another order: now").isTrue();
        assertThat(add("1")).isFalse();
        assertThat(tables.count("inbox WHERE processed_at IS NULL")).as("parked messages").isEqualTo(3);
        assertThat(take()).as("the first one is not due, and holds back the others").isNull();
        due();
        assertThat(List.of(take(), take(), take())).as("in their order").containsExactly("1", "1", "1");
        assertThat(add("1")).as("nothing is parked any more").isTrue();
    }

    @Test
    void aDuplicateOfAParkedMessageIsADuplicate() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);

        assertThat(add(message(id, "1"))).isFalse();
        park(message(id, "1"), 10);

        assertThat(tables.count("inbox")).isEqualTo(1);
    }

    @Test
    void aMessageThatAnotherDeliveryHasProcessedIsNotParked() {
        UUID id = UUID.randomUUID();
        add(message(id, "1"));

        assertThat(park(message(id, "1"), 10)).containsExactly(Map.of("outcome", "known"));

        assertThat(tables.count("inbox WHERE processed_at IS NOT NULL")).isEqualTo(1);
    }

    @Test
    void aMessageWhoseIdIsAnothersIsParkedUnderItsOwn() {
        UUID id = UUID.randomUUID();
        UUID own = UUID.randomUUID();
        add(message(id, "1"));
        Map<String, Object> message = message(id, "2");
        message.put("ownMessageId", own);

        assertThat(park(message, 10)).containsExactly(Map.of("outcome", "parked"));

        assertThat(tables.row("SELECT message_id, partition_key FROM inbox WHERE processed_at IS NULL"))
            .isEqualTo(Map.of("message_id", own, "partition_key", "order/2"));
    }

    @Test
    void aMessageThatHasNoIdOfItsOwnIsNotParkedInPlaceOfAnother() {
        UUID id = UUID.randomUUID();
        add(message(id, "1"));

        assertThat(park(message(id, "2"), 10)).as("nothing was done").singleElement().satisfies(answer -> assertThat(answer.get("outcome")).isNull());

        assertThat(tables.count("inbox")).isEqualTo(1);
    }

    @Test
    void anOrderAndAProductOfOneNameDoNotHoldBackEachOther() {
        park("1");

        assertThat(add(Tables.message(UUID.randomUUID(), "RestockInventory", "product/1", "{}"))).isTrue();
        assertThat(add("1")).isFalse();
    }

    @Test
    void laterCommandsOfTheProductWaitBehindAParkedOneAndThoseOfOthersDoNot() {
        park(command("RestockInventory", "a"), 10);

        assertThat(add(command("AdjustInventory", "a"))).as("the same product: behind it").isFalse();
        assertThat(add(command("AdjustInventory", "b"))).as("another product: now").isTrue();
        due();

        assertThat(tables.run("take-parked-message")).extracting(message -> message.get("messageType")).containsExactly("RestockInventory");
        assertThat(tables.run("take-parked-message")).extracting(message -> message.get("messageType")).containsExactly("AdjustInventory");
        assertThat(add(command("RestockInventory", "a"))).as("nothing is parked any more").isTrue();
    }

    @Test
    void theBodyOfAParkedMessageIsKeptUntilItIsHandled() {
        park("1");
        due();
        transaction.executeWithoutResult(failing -> {
            take();
            failing.setRollbackOnly();
        });
        assertThat(tables.count("inbox WHERE message_body ->> 'orderId' = '1'")).isEqualTo(1);

        assertThat(take()).isEqualTo("1");

        assertThat(tables.count("inbox WHERE message_body IS NULL AND content_hash IS NOT NULL")).isEqualTo(1);
    }

    @Test
    void twoInstancesTakeDifferentOrdersAndNeverTheNextOfAnOrderInWork() {
        park("1");
        park("1");
        park("2");
        due();

        transaction.executeWithoutResult(first -> {
            assertThat(take()).isEqualTo("1");
            transaction.executeWithoutResult(second -> {
                assertThat(take()).isEqualTo("2");
                assertThat(take()).isNull();
            });
        });
        assertThat(take()).isEqualTo("1");
    }

    @Test
    void ofAnOrderTheMessageThatWasParkedFirstIsTakenFirstWhicheverIsDueLonger() {
        UUID older = UUID.randomUUID();
        UUID younger = UUID.randomUUID();
        park(message(older, "1"), 10);
        park(message(younger, "1"), 10);
        due();
        jdbc.update("UPDATE inbox SET next_retry_at = now() - interval '1 hour' WHERE message_id = ?", younger);

        assertThat(tables.run("take-parked-message").get(0)).containsEntry("messageId", older);
        assertThat(tables.run("take-parked-message").get(0)).containsEntry("messageId", younger);
    }

    @Test
    void anAttemptThatFailsHasNotHappenedAndIsPutOffTwiceAsLong() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);
        for (int attempt = 1; attempt <= 8; attempt++) {
            due();
            transaction.executeWithoutResult(failing -> {
                assertThat(take()).isEqualTo("1");
                failing.setRollbackOnly();
            });

            assertThat(parkAgain(id, attempt, 10, false)).isEqualTo("parked");

            int longest = Math.min(10 << attempt, 900);
            assertThat(tables.row("SELECT retry_count, next_retry_at - now() BETWEEN ?::interval / 2 - interval '1 minute' AND ?::interval AS delay FROM inbox",
                longest + " seconds", longest + " seconds")).containsEntry("retry_count", attempt + 1).containsEntry("delay", true);
        }
        due();
        assertThat(parkAgain(id, 9, 10, false)).as("the tenth attempt").isEqualTo("dead");
        assertThat(take()).isNull();
    }

    @Test
    void theLongestDelayThatCanBeSetOverflowsNothingHoweverOftenItWasDoubled() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10_000);
        jdbc.update("UPDATE inbox SET retry_count = 1000");

        double longest = Duration.ofDays(36_500).toSeconds();
        assertThat(tables.run("park-message-again", Map.of("messageId", id, "retryCount", 1000, "maxAttempts", 10_000, "hopeless", false,
            "parkedDelay", longest, "parkedDelayMax", longest, "error", "no luck"))).hasSize(1);

        assertThat(tables.count("inbox WHERE next_retry_at > now() + interval '49 years'")).isEqualTo(1);
    }

    @Test
    void messagesThatFailTogetherDoNotComeBackTogether() {
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(5).toList();

        transaction.executeWithoutResult(moment -> ids.forEach(id -> park(message(id, id.toString()), 10)));
        assertThat(tables.rows("SELECT DISTINCT next_retry_at FROM inbox")).hasSizeGreaterThan(1);

        transaction.executeWithoutResult(moment -> ids.forEach(id -> parkAgain(id, 1, 10, false)));
        assertThat(tables.rows("SELECT DISTINCT next_retry_at FROM inbox WHERE retry_count = 2")).hasSizeGreaterThan(1);
    }

    @Test
    void anAttemptThatAnotherInstanceHasCountedIsNotCountedTwice() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);
        parkAgain(id, 1, 10, false);

        assertThat(parkAgain(id, 1, 10, false)).isNull();

        assertThat(tables.count("inbox WHERE retry_count = 2")).isEqualTo(1);
    }

    @Test
    void aMessageThatNoAttemptCanHelpIsDeadAtOnce() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);

        assertThat(parkAgain(id, 1, 10, true)).isEqualTo("dead");
    }

    @Test
    void withOneAttemptThereIsNoSecond() {
        assertThat(park(message(UUID.randomUUID(), "1"), 1).get(0)).containsValue("dead");
    }

    @Test
    void aDeadMessageHoldsBackNoOne() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);
        parkAgain(id, 1, 2, false);

        assertThat(add("1")).isTrue();
    }

    @Test
    void aMessageThatDiesNoLongerHoldsBackWhatIsParkedBehindIt() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);
        add("1");
        parkAgain(id, 1, 2, false);
        due();

        assertThat(take()).isEqualTo("1");
        assertThat(tables.count("inbox WHERE processed_at IS NULL AND message_id = '" + id + "' AND dead_at IS NOT NULL")).isEqualTo(1);
        assertThat(take()).as("the dead one").isNull();
    }

    @Test
    void deadMessagesAreListedWithWhatTheyFailedOf() throws Exception {
        UUID id = dead("1");
        park("2");

        assertThat(listDead(10)).singleElement().satisfies(dead -> {
            assertThat(dead.get("messageId").textValue()).isEqualTo(id.toString());
            assertThat(dead.get("partitionKey").textValue()).isEqualTo("order/1");
            assertThat(dead.get("attempts").intValue()).isEqualTo(2);
            assertThat(dead.get("error").textValue()).isEqualTo("no luck");
            assertThat(dead.has("messageBody")).isFalse();
        });
        assertThat(listDead(0)).isEmpty();
    }

    @Test
    void deadMessagesAreListedTheLatestFirst() throws Exception {
        for (String orderId : List.of("1", "2", "3")) {
            dead(orderId);
        }
        jdbc.update("UPDATE inbox SET dead_at = now() - CASE partition_key WHEN 'order/1' THEN interval '2 min' WHEN 'order/2' THEN interval '3 min' "
            + "ELSE interval '1 min' END");

        assertThat(listDead(10).findValuesAsText("partitionKey")).containsExactly("order/3", "order/1", "order/2");
        assertThat(listDead(2).findValuesAsText("partitionKey")).containsExactly("order/3", "order/1");
    }

    @Test
    void aDeadMessageIsReplayedFromItsFirstAttemptAndItIsKeptWhoWantedItAndWhy() {
        UUID id = dead("1");
        dead("2");

        assertThat(replay(id.toString())).isEqualTo(1);

        assertThat(tables.row("SELECT retry_count FROM inbox WHERE dead_at IS NULL")).containsEntry("retry_count", 0);
        assertThat(take()).isEqualTo("1");
        assertThat(take()).as("the other one is still dead").isNull();
        assertThat(tables.row("SELECT source, message_id, message_type, error_message, replayed_by, reason FROM message_replays")).isEqualTo(Map.of(
            "source", "inbox", "message_id", id.toString(), "message_type", "OrderCreated", "error_message", "no luck",
            "replayed_by", "ada", "reason", "fixed"));
    }

    @Test
    void allDeadMessagesAreReplayedAndThoseOfOneOrderInTheirOrder() {
        UUID first = dead("1");
        UUID second = dead("1");
        dead("2");
        park("3");
        // The update moves the first message behind the later one in the table.
        jdbc.update("UPDATE inbox SET error_message = 'moved' WHERE message_id = ?", first);

        assertThat(replay(null)).isEqualTo(3);

        List<Object> taken = Stream.generate(() -> tables.run("take-parked-message")).limit(3).map(message -> message.get(0).get("messageId")).toList();
        assertThat(taken).hasSize(3).containsSubsequence(first, second);
        assertThat(take()).as("a message that was not dead still waits").isNull();
        assertThat(tables.count("message_replays")).isEqualTo(3);
    }

    @Test
    void whatIsNotDeadIsNotReplayed() {
        UUID id = UUID.randomUUID();
        park(message(id, "1"), 10);

        assertThat(replay(id.toString())).isZero();

        assertThat(take()).isNull();
        assertThat(tables.count("message_replays")).isZero();
    }

    private JsonNode listDead(int limit) throws JsonProcessingException {
        return new ObjectMapper().readTree((String) tables.run("query-dead-messages", "limit", limit).get(0).get("json_build_object")).get("items");
    }

    private static Map<String, Object> message(UUID id, String orderId) {
        return Tables.message(id, "OrderCreated", "order/" + orderId, "{\"orderId\": \"" + orderId + "\"}");
    }

    private static Map<String, Object> command(String type, String productId) {
        return Tables.message(UUID.randomUUID(), type, "product/" + productId, "{\"productId\": \"" + productId + "\"}");
    }

    private void park(String orderId) {
        park(message(UUID.randomUUID(), orderId), 10);
    }

    private List<Map<String, Object>> park(Map<String, Object> message, int maxAttempts) {
        Map<String, Object> parameters = new HashMap<>(message);
        parameters.putAll(Map.of("parkedDelay", 10.0, "maxAttempts", maxAttempts, "error", "no luck"));
        parameters.putIfAbsent("ownMessageId", message.get("messageId"));
        return tables.run("park-message", parameters);
    }

    private String parkAgain(UUID id, int retryCount, int maxAttempts, boolean hopeless) {
        return tables.run("park-message-again", Map.of("messageId", id, "retryCount", retryCount, "maxAttempts", maxAttempts,
                "hopeless", hopeless, "parkedDelay", 10.0, "parkedDelayMax", 900.0, "error", "no luck"))
            .stream().map(answer -> (String) answer.values().iterator().next()).findFirst().orElse(null);
    }

    private UUID dead(String orderId) {
        UUID id = UUID.randomUUID();
        park(message(id, orderId), 10);
        parkAgain(id, 1, 2, false);
        return id;
    }

    /** Makes the next attempts due. */
    private void due() {
        jdbc.update("UPDATE inbox SET next_retry_at = now() WHERE processed_at IS NULL");
    }

    /** Takes the next message, and returns its order id, or null. */
    private String take() {
        return tables.run("take-parked-message").stream()
            .map(message -> ((String) message.get("messageBody")).replaceAll("[^0-9]", "")).findFirst().orElse(null);
    }

    private boolean add(String orderId) {
        return add(message(UUID.randomUUID(), orderId));
    }

    private boolean add(Map<String, Object> message) {
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(List.of(message));
        return inbox.add(exchange, message.get("messageId").toString());
    }

    private long replay(String messageId) {
        Map<String, Object> request = new HashMap<>(Map.of("replayedBy", "ada", "reason", "fixed"));
        request.put("messageId", messageId);
        return (Long) tables.run("replay-dead-messages", request).get(0).get("count");
    }
}
