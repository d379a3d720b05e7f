package servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import com.azure.messaging.servicebus.models.SubQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entities, rules and their configuration. */
class TopologyTest extends ServiceBusTest {

    private static final String ALL = "events/Subscriptions/all";
    private static final String EU_ORDERS = "events/Subscriptions/eu-orders";
    private static final String PLACED_OR_CANCELLED = "events/Subscriptions/placed-or-cancelled";

    @TempDir
    Path directory;

    @Test
    void aTopicCopiesAMessageToEverySubscriptionWithoutRules() throws IOException {
        start(OPTIONS);

        topicSender("audit").sendMessages(messages(2));

        ServiceBusReceiverClient one = subscriptionReceiver("audit", "one");
        receive(one, 2).forEach(one::complete);
        assertThat(bus.counts("audit/Subscriptions/one").active()).isZero();
        assertThat(bus.counts("audit/Subscriptions/two").active()).isEqualTo(2);
        assertThat(bus.counts("audit").enqueued()).isEqualTo(2);
    }

    @Test
    void whatCameToAnEntityIsRememberedWhateverBecomesOfIt() throws IOException {
        start(OPTIONS.withHistory(2));
        topicSender("audit").sendMessages(List.of(message("1"), message("2"), message("3")));
        ServiceBusReceiverClient one = subscriptionReceiver("audit", "one");
        receive(one, 3).forEach(message -> one.deadLetter(message, new DeadLetterOptions().setDeadLetterReason("test")));

        assertThat(bus.browse("audit/Subscriptions/one")).isEmpty();
        assertThat(List.of("audit", "audit/Subscriptions/one")).allSatisfy(path ->
            assertThat(bus.history(path)).as("the last two").extracting(BrowsedMessage::messageId).containsExactly("2", "3"));
        assertThat(bus.history("audit/Subscriptions/one/$DeadLetterQueue")).extracting(BrowsedMessage::deadLetterReason).containsExactly("test", "test");
        assertThat(bus.entities()).contains("audit", "audit/Subscriptions/one", "audit/Subscriptions/one/$DeadLetterQueue");
        bus.purge();
        assertThat(bus.history("audit")).isEmpty();
    }

    @Test
    void aCorrelationRuleLetsInOnlyMessagesWithAllItsProperties() throws IOException {
        start(OPTIONS);
        topicSender("events").sendMessages(List.of(event("1", "order", "eu", 1), event("2", "order", "us", 1),
                event("3", "refund", "eu", 1), event("4", "order", "eu", 2), message("5")));

        assertThat(bus.browse(EU_ORDERS)).extracting(BrowsedMessage::messageId).containsExactly("1");
        assertThat(bus.counts(ALL).active()).isEqualTo(5);
    }

    private static ServiceBusMessage event(String id, String subject, String region, int priority) {
        ServiceBusMessage message = message(id).setSubject(subject);
        message.getApplicationProperties().put("region", region);
        message.getApplicationProperties().put("priority", priority);
        return message;
    }

    @Test
    void subjectRulesTogetherLetInOneCopy() throws IOException {
        start(OPTIONS);
        topicSender("events").sendMessages(List.of(message("1").setSubject("placed"),
                message("2").setSubject("it's cancelled"), message("3").setSubject("paid"), message("4")));

        assertThat(bus.browse(PLACED_OR_CANCELLED)).extracting(BrowsedMessage::messageId).containsExactly("1", "2");
        assertThat(bus.counts("events/Subscriptions/nothing").enqueued()).isZero();
    }

    @Test
    void whatNoOtherRuleTakesIsLetInByASubscriptionForTheRest() throws IOException {
        start(OPTIONS);
        topicSender("events").sendMessages(List.of(event("1", "order", "eu", 1), event("2", "order", "or = 'us'", 1),
                event("3", "order", "EU", 1), event("4", "order", "", 1), message("5")));

        assertThat(bus.browse("events/Subscriptions/other-regions")).extracting(BrowsedMessage::messageId).containsExactly("3", "4", "5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "region IS NULL OR", "region IS NULL AND region = 'eu'", "region IS NOT NULL", "region = eu", "sys.To = 'x'",
        "region IN ()", "NOT region = 'eu'", "1=2"})
    void anSqlExpressionThatIsNotSupportedIsRefused(String expression) throws IOException {
        assertWrong("{\"Topics\": [{\"Name\": \"t\", \"Subscriptions\": [{\"Name\": \"s\", \"Rules\": [{\"Name\": \"r\", \"Properties\": "
                + "{\"FilterType\": \"Sql\", \"SqlFilter\": {\"SqlExpression\": \"" + expression + "\"}}}]}]}]}", "is not supported");
    }

    @Test
    void aSubscriptionHasItsOwnDeadLetterQueue() throws IOException {
        start(OPTIONS);
        topicSender("audit").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = subscriptionReceiver("audit", "one");

        receiver.deadLetter(receiveOne(receiver));

        ServiceBusReceiverClient deadLetters = closeLater(client().receiver().topicName("audit").subscriptionName("one")
                .subQueue(SubQueue.DEAD_LETTER_QUEUE).disableAutoComplete().buildClient());
        assertThat(receiveOne(deadLetters).getDeadLetterSource()).isEqualTo("audit/Subscriptions/one");
        assertThat(bus.counts("audit/Subscriptions/one").deadLettered()).isEqualTo(1);
        assertThat(bus.counts("audit/Subscriptions/two").deadLettered()).isZero();
    }

    @Test
    void sendingToAnUnknownEntityFailsWithNotFound() throws IOException {
        start(OPTIONS);

        assertThatThrownBy(() -> queueSender("no-such-queue").sendMessage(message("m1")))
                .isInstanceOfSatisfying(ServiceBusException.class, e -> assertThat(e.getReason())
                        .isEqualTo(ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND))
                .hasMessageContaining("The messaging entity 'no-such-queue' could not be found");
    }

    @Test
    void receivingFromAnUnknownSubscriptionFailsWithNotFound() throws IOException {
        start(OPTIONS);

        assertThatThrownBy(() -> receiveOne(subscriptionReceiver("events", "nobody")))
                .hasStackTraceContaining("The messaging entity 'events/subscriptions/nobody' could not be found");
    }

    @Test
    void theShippedConfigurationHasTheShopsEntities() throws IOException {
        bus = closeLater(EmbeddedServiceBus.start(Path.of("servicebus/Config.json")));

        topicSender("orders").sendMessage(message("o1"));
        topicSender("payments").sendMessage(message("p1"));
        topicSender("inventory").sendMessages(List.of(message("i1"), message("i1")));
        queueSender("inventory-commands").sendMessage(message("c1"));

        assertThat(bus.counts("orders/Subscriptions/inventory").active()).isEqualTo(1);
        assertThat(bus.counts("payments/Subscriptions/inventory").active()).isEqualTo(1);
        assertThat(bus.counts("inventory/Subscriptions/shop").active()).isEqualTo(1);
        assertThat(bus.counts("inventory").duplicatesDetected()).isEqualTo(1);
        assertThat(bus.counts("inventory-commands").active()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0} in a queue: {1}")
    @CsvSource(delimiter = '|', value = {
        "\"LockDuration\": \"soon\"            | queue 'q': LockDuration \"soon\" is not an ISO 8601 duration",
        "\"LockDuration\": \"PT6M\"            | queue 'q': LockDuration \"PT6M\" must not exceed PT5M",
        "\"LockDuration\": \"PT0S\"            | queue 'q': LockDuration \"PT0S\" must be longer than zero",
        "\"LockDurations\": \"PT1M\"           | queue 'q': LockDurations \"PT1M\" is unknown",
        "\"MaxDeliveryCount\": 0               | queue 'q': MaxDeliveryCount 0 must be a positive integer",
        "\"RequiresSession\": true             | queue 'q': RequiresSession true is not supported",
        "\"RequiresSession\": \"yes\"          | queue 'q': RequiresSession \"yes\" must be true or false",
        "\"ForwardTo\": \"r\"                  | queue 'q': ForwardTo \"r\" is no queue or topic",
        "\"ForwardTo\": \"q\"                  | queue 'q': ForwardTo \"q\" leads back to where it begins",
        "\"ForwardDeadLetteredMessagesTo\": \"r\" | queue 'q': ForwardDeadLetteredMessagesTo \"r\" is no queue or topic",
    })
    void aWrongQueuePropertyIsNamed(String property, String error) throws IOException {
        assertWrong("{\"Queues\": [{\"Name\": \"q\", \"Properties\": {" + property + "}}]}", error);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"FilterType\": \"Sql\", \"SqlFilter\": {\"SqlExpression\": \"amount > 3\"}} | topic 't', subscription 's', "
                + "rule 'r': SqlExpression the SQL expression \"amount > 3\" is not supported",
        "{\"FilterType\": \"Sql\", \"Action\": {}} | rule 'r': Action is unknown",
        "{\"FilterType\": \"Regex\"} | rule 'r': FilterType \"Regex\" must be Correlation or Sql",
        "{\"FilterType\": \"Correlation\", \"CorrelationFilter\": {\"Labels\": \"x\"}} | "
                + "rule 'r': Labels \"x\" is unknown",
        "{\"FilterType\": \"Correlation\", \"CorrelationFilter\": {}} | "
                + "rule 'r': CorrelationFilter must name a property",
    })
    void aWrongRuleIsNamed(String properties, String error) throws IOException {
        assertWrong("{\"Topics\": [{\"Name\": \"t\", \"Subscriptions\": [{\"Name\": \"s\", \"Rules\": ["
                + "{\"Name\": \"r\", \"Properties\": " + properties + "}]}]}]}", error);
    }

    @Test
    void twoEntitiesOfOneNameAreWrong() throws IOException {
        assertWrong("{\"Queues\": [{\"Name\": \"q\"}, {\"Name\": \"Q\"}]}", "queue 'Q': Name \"Q\" is taken");
    }

    @Test
    void aConfigurationThatIsNotJsonIsWrong() throws IOException {
        Path config = Files.writeString(directory.resolve("Config.json"), "{\"UserConfig\": ");

        assertThatThrownBy(() -> EmbeddedServiceBus.start(config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Config.json: not valid JSON");
    }

    private void assertWrong(String namespace, String error) throws IOException {
        Path config = Files.writeString(directory.resolve("Config.json"),
                "{\"UserConfig\": {\"Namespaces\": [" + namespace + "]}}");
        assertThatThrownBy(() -> closeLater(EmbeddedServiceBus.start(config)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(error);
    }
}
