package servicebus;

import java.time.Duration;

/**
 * The properties of an entity that the broker acts on.
 *
 * @param maxDeliveryCount failed deliveries after which a message is dead-lettered
 * @param timeToLive the most any message lives, null for no limit
 * @param duplicateWindow how long message ids are remembered, null for no duplicate detection
 * @param history how many of the last messages are remembered after they are gone
 */
record EntityOptions(Duration lockDuration, int maxDeliveryCount, Duration timeToLive,
        boolean deadLetterOnExpiration, Duration duplicateWindow, int history) {

    /** The options of the dead-letter queue, which never drops a message. */
    EntityOptions ofDeadLetterQueue() {
        return new EntityOptions(lockDuration, Integer.MAX_VALUE, null, false, null, history);
    }
}
