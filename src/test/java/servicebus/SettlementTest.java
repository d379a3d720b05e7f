package servicebus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.AbandonOptions;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import org.junit.jupiter.api.Test;

/** Settlement and expiry of locked messages. The queue {@code work} allows 3 deliveries. */
class SettlementTest extends ServiceBusTest {

    private static final Duration SHORT_LOCK = Duration.ofSeconds(1);

    @Test
    void anAbandonedMessageComesBackWithItsCountAndChangedProperties() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");

        receiver.abandon(receiveOne(receiver), new AbandonOptions().setPropertiesToModify(Map.of("why", "busy")));

        assertThat(bus.counts("work").active()).isEqualTo(1);
        assertThat(bus.counts("work").abandoned()).isEqualTo(1);
        ServiceBusReceivedMessage again = receiveOne(receiver);
        assertThat(again.getMessageId()).isEqualTo("m1");
        assertThat(again.getDeliveryCount()).isEqualTo(1);
        assertThat(again.getApplicationProperties()).containsEntry("why", "busy");
    }

    @Test
    void anAbandonedMessageGoesBackToItsPlace() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessages(messages(3));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage first = receiveOne(receiver);
        assertThat(first.getMessageId()).isEqualTo("m1");

        receiver.abandon(first);

        assertThat(receive(receiver, 3)).extracting(ServiceBusReceivedMessage::getMessageId)
                .containsExactly("m1", "m2", "m3");
    }

    @Test
    void aMessageAbandonedTooOftenIsDeadLettered() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");

        for (int delivery = 1; delivery <= 3; delivery++) {
            assertThat(bus.counts("work").deadLettered()).isZero();
            receiver.abandon(receiveOne(receiver));
        }

        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.counts("work").deadLettered()).isEqualTo(1);
        BrowsedMessage dead = bus.browse("work/$DeadLetterQueue").get(0);
        assertThat(dead.deadLetterReason()).isEqualTo("MaxDeliveryCountExceeded");
        assertThat(dead.deadLetterErrorDescription())
                .isEqualTo("Message could not be consumed after 3 delivery attempts.");
    }

    @Test
    void aDeadLetteredMessageKeepsReasonDescriptionAndChangesAndCanBeCompletedFromItsQueue() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");

        receiver.deadLetter(receiveOne(receiver), new DeadLetterOptions().setDeadLetterReason("malformed")
                .setDeadLetterErrorDescription("no SKU").setPropertiesToModify(Map.of("step", "parse")));

        assertThat(bus.counts("work").active()).isZero();
        assertThat(bus.counts("work").deadLetteredTotal()).isEqualTo(1);
        ServiceBusReceiverClient deadLetters = deadLetterReceiver("work");
        ServiceBusReceivedMessage dead = receiveOne(deadLetters);
        assertThat(dead.getDeadLetterReason()).isEqualTo("malformed");
        assertThat(dead.getDeadLetterErrorDescription()).isEqualTo("no SKU");
        assertThat(dead.getDeadLetterSource()).isEqualTo("work");
        assertThat(dead.getApplicationProperties()).containsEntry("step", "parse");
        deadLetters.complete(dead);
        assertThat(bus.counts("work").deadLettered()).isZero();
    }

    @Test
    void aDeadLetteredMessageKeepsTheTypesOfItsProperties() throws IOException {
        start(OPTIONS);
        Map<String, Object> properties = Map.of("date", new Date(86_400_000), "long", 86_400_000L, "flag", true,
                "double", 1.5, "time", OffsetDateTime.parse("2026-01-02T03:04:05Z"), "uuid", new UUID(1, 2));
        ServiceBusMessage message = message("m1");
        message.getApplicationProperties().putAll(properties);
        queueSender("work").sendMessage(message);
        ServiceBusReceiverClient receiver = queueReceiver("work");

        receiver.deadLetter(receiveOne(receiver), new DeadLetterOptions().setDeadLetterReason("malformed"));

        assertThat(receiveOne(deadLetterReceiver("work")).getApplicationProperties()).containsAllEntriesOf(properties)
                .containsEntry("DeadLetterReason", "malformed").hasSize(properties.size() + 1);
    }

    @Test
    void aDeadLetterIsNeverDeadLetteredAgain() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        receiver.deadLetter(receiveOne(receiver));
        ServiceBusReceiverClient deadLetters = deadLetterReceiver("work");

        for (int delivery = 1; delivery <= 5; delivery++) {
            deadLetters.abandon(receiveOne(deadLetters));
        }

        assertThat(bus.counts("work/$deadletterqueue").active()).isEqualTo(1);
        assertThat(bus.browse("work/$deadletterqueue").get(0).deliveryCount()).isEqualTo(5);
    }

    @Test
    void aMessageWhoseLockExpiresComesBackAndItsOldLockIsLost() throws IOException {
        start(OPTIONS.withLockDurationOverride(SHORT_LOCK));
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);

        await().atMost(PATIENCE).until(() -> bus.counts("work").expiredLocks() == 1);

        assertThat(bus.counts("work").locked()).isZero();
        assertThat(bus.browse("work").get(0).deliveryCount()).isEqualTo(1);
        assertThatThrownBy(() -> receiver.complete(received)).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGE_LOCK_LOST));
        assertThat(bus.counts("work").active()).isEqualTo(1);
    }

    @Test
    void aMessageWhoseLockExpiresTooOftenIsDeadLettered() throws IOException {
        start(OPTIONS.withLockDurationOverride(Duration.ofMillis(200)));
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");

        await().atMost(PATIENCE).until(() -> {
            receiver.receiveMessages(1, Duration.ofMillis(500)).forEach(received -> { });
            return bus.counts("work").deadLettered() == 1;
        });

        assertThat(bus.counts("work").expiredLocks()).isEqualTo(3);
        assertThat(bus.browse("work/$DeadLetterQueue").get(0).deadLetterReason()).isEqualTo("MaxDeliveryCountExceeded");
    }

    @Test
    void aRenewedLockHoldsLonger() throws IOException {
        start(OPTIONS.withLockDurationOverride(Duration.ofSeconds(3)));
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        OffsetDateTime first = received.getLockedUntil();

        // A lock that is renewed until a whole lock duration after the first end shows that the first lock would have expired.
        await().atMost(PATIENCE).until(() ->
                receiver.renewMessageLock(received).isAfter(first.plus(Duration.ofSeconds(3))));
        assertThat(bus.counts("work").locked()).isEqualTo(1);
        assertThat(bus.counts("work").expiredLocks()).isZero();
        receiver.complete(received);

        assertThat(bus.counts("work").completed()).isEqualTo(1);
    }

    @Test
    void aLostLockCannotBeRenewed() throws IOException {
        start(OPTIONS.withLockDurationOverride(SHORT_LOCK));
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        await().atMost(PATIENCE).until(() -> bus.counts("work").expiredLocks() == 1);

        assertThatThrownBy(() -> receiver.renewMessageLock(received)).isInstanceOfSatisfying(ServiceBusException.class,
                e -> assertThat(e.getReason()).isEqualTo(ServiceBusFailureReason.MESSAGE_LOCK_LOST));
    }

    @Test
    void locksSurviveTheirReceiverUntilTheyExpire() throws IOException {
        start(OPTIONS.withLockDurationOverride(SHORT_LOCK));
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        receiveOne(receiver);

        receiver.close();

        Counts counts = bus.counts("work");
        assertThat(counts.locked() + counts.expiredLocks()).isEqualTo(1);
        ServiceBusReceivedMessage again = receiveOne(queueReceiver("work"));
        assertThat(again.getDeliveryCount()).isEqualTo(1);
    }

    @Test
    void aDeferredMessageIsReceivedByItsSequenceNumberOnly() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessages(messages(2));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage first = receiveOne(receiver);

        receiver.defer(first);

        assertThat(bus.counts("work").deferred()).isEqualTo(1);
        assertThat(bus.counts("work").active()).isEqualTo(1);
        assertThat(receiveOne(receiver).getMessageId()).isEqualTo("m2");
        ServiceBusReceivedMessage deferred = receiver.receiveDeferredMessage(first.getSequenceNumber());
        assertThat(deferred.getMessageId()).isEqualTo("m1");
        assertThat(deferred.getLockToken()).isNotNull();
        receiver.complete(deferred);
        assertThat(bus.counts("work").deferred()).isZero();
        assertThat(bus.browse("work")).extracting(BrowsedMessage::messageId).isEqualTo(List.of("m2"));
    }

    @Test
    void anAbandonedDeferredMessageStaysDeferred() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        receiver.defer(received);

        receiver.abandon(receiver.receiveDeferredMessage(received.getSequenceNumber()));

        assertThat(bus.counts("work").deferred()).isEqualTo(1);
        assertThat(bus.counts("work").locked()).isZero();
        assertThat(receiver.receiveDeferredMessage(received.getSequenceNumber()).getDeliveryCount()).isEqualTo(1);
    }

    @Test
    void aDeferredMessageCanBeDeadLettered() throws IOException {
        start(OPTIONS);
        queueSender("work").sendMessage(message("m1"));
        ServiceBusReceiverClient receiver = queueReceiver("work");
        ServiceBusReceivedMessage received = receiveOne(receiver);
        receiver.defer(received);

        receiver.deadLetter(receiver.receiveDeferredMessage(received.getSequenceNumber()),
                new DeadLetterOptions().setDeadLetterReason("late").setDeadLetterErrorDescription("gave up"));

        BrowsedMessage dead = bus.browse("work/$DeadLetterQueue").get(0);
        assertThat(dead.deadLetterReason()).isEqualTo("late");
        assertThat(dead.deadLetterErrorDescription()).isEqualTo("gave up");
        assertThat(dead.state()).isEqualTo(BrowsedMessage.State.ACTIVE);
        assertThat(bus.counts("work").deferred()).isZero();
    }
}
