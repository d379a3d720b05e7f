package servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Entities that forward their messages, or their dead letters. */
class ForwardingTest extends ServiceBusTest {

    /** A subscription with a rule forwards to a topic, that topic to a queue with duplicate detection, and its dead letters to another. */
    private static final String SHOP = """
        "Queues": [
          {"Name": "picking", "Properties": {"RequiresDuplicateDetection": true, "MaxDeliveryCount": 1, "ForwardDeadLetteredMessagesTo": "faults"}},
          {"Name": "faults"}],
        "Topics": [
          {"Name": "events", "Subscriptions": [{"Name": "all"}, {"Name": "to-warehouse", "Properties": {"ForwardTo": "Warehouse"}, "Rules": [
            {"Name": "released", "Properties": {"FilterType": "Correlation", "CorrelationFilter": {"Label": "Released"}}}]}]},
          {"Name": "warehouse", "Subscriptions": [{"Name": "to-picking", "Properties": {"ForwardTo": "picking"}}]}]
        """;

    @TempDir
    private Path directory;

    @Test
    void whatTheRuleLetsInGoesOnToTheTargetAsItWasSent() throws IOException {
        start(SHOP);
        ServiceBusMessage released = message("1").setSubject("Released").setCorrelationId("c");
        released.getApplicationProperties().put("region", "eu");

        topicSender("events").sendMessages(List.of(released, message("2").setSubject("Reserved")));

        ServiceBusReceivedMessage forwarded = receiveOne(queueReceiver("picking"));
        assertThat(forwarded.getMessageId()).isEqualTo("1");
        assertThat(forwarded.getSubject()).isEqualTo("Released");
        assertThat(forwarded.getCorrelationId()).isEqualTo("c");
        assertThat(forwarded.getApplicationProperties()).containsEntry("region", "eu");
        assertThat(bus.counts("events/Subscriptions/all").active()).as("a copy each").isEqualTo(2);
        assertThat(bus.counts("events/Subscriptions/to-warehouse").active()).as("kept here").isZero();
        assertThat(bus.counts("warehouse").enqueued()).as("of two").isEqualTo(1);
    }

    @Test
    void aTargetThatDetectsDuplicatesKeepsOne() throws IOException {
        start(SHOP);

        topicSender("warehouse").sendMessages(List.of(message("1"), message("1")));

        assertThat(bus.counts("picking").active()).isEqualTo(1);
        assertThat(bus.counts("picking").duplicatesDetected()).isEqualTo(1);
    }

    @Test
    void deadLettersAreForwardedWithTheirReason() throws IOException {
        start(SHOP);
        queueSender("picking").sendMessage(message("1"));
        ServiceBusReceiverClient receiver = queueReceiver("picking");

        receiver.abandon(receiveOne(receiver));

        ServiceBusReceivedMessage fault = receiveOne(queueReceiver("faults"));
        assertThat(fault.getMessageId()).isEqualTo("1");
        assertThat(fault.getDeadLetterReason()).isEqualTo("MaxDeliveryCountExceeded");
        assertThat(bus.counts("picking").deadLettered()).as("kept there").isZero();
    }

    @Test
    void nothingCanBeReceivedFromAnEntityThatForwards() throws IOException {
        start(SHOP);

        assertThatThrownBy(() -> receiveOne(subscriptionReceiver("events", "to-warehouse")))
            .hasStackTraceContaining("'events/Subscriptions/to-warehouse' forwards its messages to 'warehouse': nothing can be received from it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ForwardTo                     | nowhere                  | ForwardTo "nowhere" is no queue or topic
        ForwardTo                     | t/Subscriptions/s        | ForwardTo "t/Subscriptions/s" is no queue or topic
        ForwardTo                     | t                        | ForwardTo "t" leads back to where it begins
        ForwardDeadLetteredMessagesTo | nowhere                  | ForwardDeadLetteredMessagesTo "nowhere" is no queue or topic
        """)
    void aTargetThatIsNotThereOrLeadsBackIsNamed(String property, String target, String error) {
        assertThatThrownBy(() -> start("\"Topics\": [{\"Name\": \"t\", \"Subscriptions\": [{\"Name\": \"s\", \"Properties\": {\"" + property
            + "\": \"" + target + "\"}}]}]"))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("topic 't', subscription 's': " + error);
    }

    private void start(String entities) throws IOException {
        Path config = Files.writeString(directory.resolve("Config.json"),
            "{\"UserConfig\": {\"Namespaces\": [{\"Name\": \"n\", " + entities + "}]}}");
        bus = closeLater(EmbeddedServiceBus.start(config));
    }
}
