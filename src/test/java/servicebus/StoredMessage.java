package servicebus;

import java.util.UUID;

/** A message in a queue or subscription: its content and its state in the broker. Times are epoch millis. */
final class StoredMessage {

    final long sequenceNumber;
    final long enqueuedSequenceNumber;
    final long enqueuedTime;
    /** Milliseconds, {@link MessageContent#UNLIMITED} for no limit. */
    final long timeToLive;
    MessageContent content;
    BrowsedMessage.State state = BrowsedMessage.State.ACTIVE;
    int deliveryCount;
    String deadLetterSource;
    UUID lockToken;
    long lockedUntil;

    StoredMessage(MessageContent content, long sequenceNumber, long enqueuedSequenceNumber, long enqueuedTime,
            long timeToLive) {
        this.content = content;
        this.sequenceNumber = sequenceNumber;
        this.enqueuedSequenceNumber = enqueuedSequenceNumber;
        this.enqueuedTime = enqueuedTime;
        this.timeToLive = timeToLive;
    }

    boolean isLocked() {
        return lockToken != null;
    }

    long expiresAt() {
        return timeToLive == MessageContent.UNLIMITED ? Long.MAX_VALUE : enqueuedTime + timeToLive;
    }
}
