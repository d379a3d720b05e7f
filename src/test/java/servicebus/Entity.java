package servicebus;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A queue or a topic: duplicate detection, scheduled messages and sequence numbers. */
abstract class Entity {

    final String path;
    final EntityOptions options;
    /** The error that answers every send; null to accept. */
    RefusedException refusal;
    /** Number of sends that are accepted without an answer. */
    int answersToLose;
    long enqueued;

    private final TreeMap<Long, StoredMessage> scheduled = new TreeMap<>();
    /** Message ids and when they were first seen, oldest first. */
    private final Map<String, Long> history = new LinkedHashMap<>();
    /** The last messages, for {@link EmbeddedServiceBus#history}. */
    private final Deque<StoredMessage> latest = new ArrayDeque<>();
    private long nextDue = Long.MAX_VALUE;
    private long duplicatesDetected;
    private long lastSequenceNumber;

    Entity(String path, EntityOptions options) {
        this.path = path;
        this.options = options;
    }

    /** Makes the message available to receivers; {@code timeToLive} is what sender and entity allow it, in millis. */
    abstract void publish(MessageContent content, long timeToLive, long now);

    abstract Counts counts();

    /** Whether clients may send here. */
    boolean acceptsMessages() {
        return true;
    }

    /**
     * Accepts messages from a client, all or none.
     *
     * @throws RefusedException while sends are refused
     */
    final void send(List<MessageContent> messages) {
        checkNotRefused();
        long now = System.currentTimeMillis();
        for (MessageContent message : messages) {
            if (message.scheduledEnqueueTime() > now) {
                schedule(message, now);
            } else if (!isDuplicate(message, now)) {
                publish(message, timeToLive(message), now);
            }
        }
    }

    /** Takes a message that another entity forwards. */
    final void forwarded(MessageContent message, long timeToLive, long now) {
        if (!isDuplicate(message, now)) {
            publish(message, atMost(options, timeToLive), now);
        }
    }

    /** The entities to which this one passes messages of its own accord. */
    abstract Stream<Entity> next();

    /** Like {@link #send} for messages scheduled by request; returns their sequence numbers. */
    final long[] schedule(List<MessageContent> messages) {
        checkNotRefused();
        long now = System.currentTimeMillis();
        return messages.stream().mapToLong(message -> schedule(message, now)).toArray();
    }

    private long schedule(MessageContent message, long now) {
        long sequenceNumber = nextSequenceNumber();
        if (!isDuplicate(message, now)) {
            StoredMessage stored = new StoredMessage(message, sequenceNumber, sequenceNumber, now, timeToLive(message));
            stored.state = BrowsedMessage.State.SCHEDULED;
            scheduled.put(sequenceNumber, stored);
            nextDue = Math.min(nextDue, message.scheduledEnqueueTime());
        }
        return sequenceNumber;
    }

    final boolean losesAnswer() {
        return answersToLose > 0 && answersToLose-- > 0;
    }

    private void checkNotRefused() {
        if (refusal != null) {
            throw refusal;
        }
    }

    private boolean isDuplicate(MessageContent message, long now) {
        if (options.duplicateWindow() == null) {
            return false;
        }
        long oldest = now - options.duplicateWindow().toMillis();
        for (Iterator<Long> seen = history.values().iterator(); seen.hasNext() && seen.next() < oldest;) {
            seen.remove();
        }
        boolean duplicate = history.putIfAbsent(message.messageId(), now) != null;
        if (duplicate) {
            duplicatesDetected++;
        }
        return duplicate;
    }

    private long timeToLive(MessageContent message) {
        return atMost(options, message.timeToLive());
    }

    static long atMost(EntityOptions options, long timeToLive) {
        return options.timeToLive() == null ? timeToLive : Math.min(timeToLive, options.timeToLive().toMillis());
    }

    /** Returns whether there was such a scheduled message. */
    final boolean cancelScheduled(long sequenceNumber) {
        return scheduled.remove(sequenceNumber) != null;
    }

    /** Does all that is due, such as publishing scheduled messages. */
    void sweep(long now) {
        if (nextDue > now) {
            return;
        }
        List<StoredMessage> due = scheduled.values().stream()
                .filter(message -> message.content.scheduledEnqueueTime() <= now)
                .sorted(Comparator.comparingLong(message -> message.content.scheduledEnqueueTime()))
                .toList();
        for (StoredMessage message : due) {
            scheduled.remove(message.sequenceNumber);
            publish(message.content, message.timeToLive, now);
        }
        nextDue = scheduled.values().stream()
                .mapToLong(message -> message.content.scheduledEnqueueTime()).min().orElse(Long.MAX_VALUE);
    }

    /** At most {@code count} messages from this sequence number on, in its order. */
    final List<StoredMessage> peek(long fromSequenceNumber, int count) {
        return Stream.concat(stored(fromSequenceNumber).stream().limit(count),
                        scheduled.tailMap(fromSequenceNumber).values().stream().limit(count))
                .sorted(Comparator.comparingLong(message -> message.sequenceNumber))
                .limit(count)
                .toList();
    }

    /** Counts a message that has come, and remembers it. */
    final void came(StoredMessage message) {
        enqueued++;
        latest.addLast(message);
        if (latest.size() > options.history()) {
            latest.removeFirst();
        }
    }

    final Stream<StoredMessage> history() {
        return latest.stream();
    }

    /** The messages kept here that are not scheduled, from this sequence number on, in its order. */
    abstract Collection<StoredMessage> stored(long fromSequenceNumber);

    /** Forgets all messages and, so that they can be sent again, their ids. */
    void purge() {
        scheduled.clear();
        history.clear();
        latest.clear();
    }

    final long nextSequenceNumber() {
        return ++lastSequenceNumber;
    }

    final long scheduledCount() {
        return scheduled.size();
    }

    final long duplicatesDetected() {
        return duplicatesDetected;
    }
}
