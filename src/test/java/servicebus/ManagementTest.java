package servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.ServiceBusMessageState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scheduling, peeking, duplicate detection and expiry. */
class ManagementTest extends ServiceBusTest {

    @BeforeEach
    void startBus() throws IOException {
        start(OPTIONS);
    }

    @Test
    void aScheduledMessageArrivesWhenItIsDue() {
        OffsetDateTime due = OffsetDateTime.now().plusSeconds(2).truncatedTo(ChronoUnit.MILLIS);
        long scheduledNumber = queueSender("work").scheduleMessage(message("m1"), due);

        ServiceBusReceivedMessage received = receiveOne(queueReceiver("work"));

        assertThat(received.getMessageId()).isEqualTo("m1");
        assertThat(received.getEnqueuedTime()).isAfterOrEqualTo(due);
        assertThat(received.getSequenceNumber()).isGreaterThan(scheduledNumber);
        assertThat(bus.counts("work").scheduled()).isZero();
    }

    @Test
    void aMessageSentWithAnEnqueueTimeIsScheduled() {
        queueSender("work").sendMessage(message("m1").setScheduledEnqueueTime(OffsetDateTime.now().plusHours(1)));

        assertThat(bus.counts("work").scheduled()).isEqualTo(1);
        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.browse("work").get(0).state()).isEqualTo(BrowsedMessage.State.SCHEDULED);
    }

    @Test
    void aMessageScheduledOnATopicReachesItsSubscriptionsWhenDue() {
        OffsetDateTime due = OffsetDateTime.now().plusSeconds(1).truncatedTo(ChronoUnit.MILLIS);
        topicSender("audit").scheduleMessage(message("m1"), due);

        await().atMost(PATIENCE).until(() -> bus.counts("audit/Subscriptions/one").active() == 1);

        assertThat(bus.browse("audit/Subscriptions/one").get(0).enqueuedTime()).isAfterOrEqualTo(due.toInstant());
        assertThat(bus.counts("audit/Subscriptions/two").active()).isEqualTo(1);
        assertThat(bus.counts("audit").scheduled()).isZero();
    }

    @Test
    void aCancelledMessageNeverArrives() {
        ServiceBusSenderClient sender = queueSender("work");
        long sequenceNumber = sender.scheduleMessage(message("m1"), OffsetDateTime.now().plusHours(1));
        assertThat(bus.counts("work").scheduled()).isEqualTo(1);

        sender.cancelScheduledMessage(sequenceNumber);

        assertThat(bus.counts("work").scheduled()).isZero();
        assertThat(bus.browse("work")).isEmpty();
    }

    @Test
    void peekingShowsEveryMessageWithoutLockingAny() {
        ServiceBusSenderClient sender = queueSender("work");
        sender.sendMessages(messages(3));
        sender.scheduleMessage(message("later"), OffsetDateTime.now().plusHours(1));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        receiver.defer(receiveOne(receiver));

        List<ServiceBusReceivedMessage> peeked = new ArrayList<>();
        receiver.peekMessages(10).forEach(peeked::add);

        assertThat(peeked).extracting(ServiceBusReceivedMessage::getMessageId)
                .containsExactly("m1", "m2", "m3", "later");
        assertThat(peeked).extracting(ServiceBusReceivedMessage::getState).containsExactly(
                ServiceBusMessageState.DEFERRED, ServiceBusMessageState.ACTIVE, ServiceBusMessageState.ACTIVE,
                ServiceBusMessageState.SCHEDULED);
        assertThat(peeked.get(1).getBody().toString()).isEqualTo("body of m2");
        assertThat(bus.counts("work").locked()).isZero();
    }

    @Test
    void deadLettersCanBePeeked() {
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        receiver.deadLetter(receiveOne(receiver));

        assertThat(deadLetterReceiver("work").peekMessage().getMessageId()).isEqualTo("m1");
        assertThat(bus.counts("work/$DeadLetterQueue").locked()).isZero();
    }

    @Test
    void peekingAnEmptyQueueShowsNothing() {
        assertThat(queueReceiver("work").peekMessage()).isNull();
    }

    @Test
    void aDuplicateIsAcceptedButNotEnqueued() {
        ServiceBusSenderClient sender = queueSender("unique");
        sender.sendMessage(message("m1"));

        sender.sendMessages(List.of(message("m1"), message("m2")));

        assertThat(bus.browse("unique")).extracting(BrowsedMessage::messageId).containsExactly("m1", "m2");
        assertThat(bus.counts("unique").duplicatesDetected()).isEqualTo(1);
    }

    @Test
    void aDuplicateIsDetectedAfterTheFirstWasCompleted() {
        ServiceBusSenderClient sender = queueSender("unique");
        sender.sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("unique");
        receiver.complete(receiveOne(receiver));

        sender.sendMessage(message("m1"));

        assertThat(bus.counts("unique").active()).isZero();
        assertThat(bus.counts("unique").duplicatesDetected()).isEqualTo(1);
    }

    @Test
    void anIdIsForgottenAfterTheWindow() {
        ServiceBusSenderClient sender = queueSender("briefly-unique");
        sender.sendMessage(message("m1"));

        await().atMost(PATIENCE).until(() -> {
            sender.sendMessage(message("m1"));
            return bus.counts("briefly-unique").active() == 2;
        });

        assertThat(bus.counts("briefly-unique").enqueued()).isEqualTo(2);
    }

    @Test
    void anExpiredMessageIsDroppedWhereNothingElseIsConfigured() {
        queueSender("work").sendMessages(List.of(message("m1").setTimeToLive(Duration.ofSeconds(1)), message("m2")));
        assertThat(bus.counts("work").enqueued()).isEqualTo(2);

        await().atMost(PATIENCE).until(() -> bus.counts("work").active() == 1);

        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).containsExactly("m2");
        assertThat(bus.counts("work").deadLettered()).isZero();
    }

    @Test
    void anExpiredMessageIsDeadLetteredWhereThatIsConfigured() {
        queueSender("expiring").sendMessage(message("m1").setTimeToLive(Duration.ofSeconds(1)));
        assertThat(bus.counts("expiring").enqueued()).isEqualTo(1);

        await().atMost(PATIENCE).until(() -> bus.counts("expiring").deadLettered() == 1);

        BrowsedMessage dead = bus.browse("expiring/$DeadLetterQueue").get(0);
        assertThat(dead.deadLetterReason()).isEqualTo("TTLExpiredException");
        assertThat(bus.counts("expiring").active()).isZero();
    }

    @Test
    void aMessageLivesNoLongerThanItsQueueAllows() {
        queueSender("work").sendMessages(List.of(message("never-expires"),
                message("shorter").setTimeToLive(Duration.ofMinutes(5))));

        assertThat(receive(queueReceiver("work"), 2)).extracting(ServiceBusReceivedMessage::getTimeToLive)
                .containsExactly(Duration.ofHours(1), Duration.ofMinutes(5));
    }
}
