package servicebus;

/**
 * How many messages an entity holds now, and what happened to its messages since the bus started.
 *
 * @param active messages that are neither deferred nor scheduled, whether locked or not
 * @param locked messages a receiver holds a lock on, deferred ones included
 * @param deferred messages that can be received by sequence number only
 * @param scheduled messages whose enqueue time is in the future
 * @param deadLettered messages in the entity's dead-letter queue now; 0 for a topic and for a dead-letter queue
 * @param enqueued total of messages that became active here; for a topic, of messages it passed to its rules
 * @param completed total of messages completed, and of messages received in receive-and-delete mode
 * @param abandoned total of abandons
 * @param expiredLocks total of locks that expired
 * @param deadLetteredTotal total of messages moved from here to the dead-letter queue
 * @param duplicatesDetected total of messages accepted but not enqueued by duplicate detection
 */
public record Counts(long active, long locked, long deferred, long scheduled, long deadLettered, long enqueued,
        long completed, long abandoned, long expiredLocks, long deadLetteredTotal, long duplicatesDetected) {
}
