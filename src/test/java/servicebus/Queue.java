package servicebus;

import static servicebus.BrowsedMessage.State.ACTIVE;
import static servicebus.BrowsedMessage.State.DEFERRED;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** A queue, a subscription or a dead-letter queue: its messages, their locks and the waiting receivers. */
final class Queue extends Entity {

    /** A receiving link. */
    interface Consumer {

        /** Whether it has credit and room for one more message. */
        boolean isReady();

        /** Whether its messages are removed when they are sent (receive and delete). */
        boolean settlesOnSend();

        void deliver(StoredMessage message);

        /** Informs a consumer that has asked for it that no more messages are available. */
        void drained();

        /** Ends the link with an error. */
        void refuse(RefusedException refusal);
    }

    enum Kind {
        QUEUE, SUBSCRIPTION, DEAD_LETTER_QUEUE
    }

    /** Null for a dead-letter queue. */
    final Queue deadLetterQueue;

    /** Where messages go instead of being kept here; null to keep them. */
    private Entity forwardTo;
    private final Kind kind;
    private final MessageCodec codec;
    private final EventLoop loop;
    /** All messages except the scheduled ones, by sequence number. */
    private final TreeMap<Long, StoredMessage> messages = new TreeMap<>();
    /** The messages that can be delivered now. */
    private final TreeMap<Long, StoredMessage> available = new TreeMap<>();
    /** By lock token. All locks last equally long, so that they expire in insertion order. */
    private final Map<UUID, StoredMessage> locked = new LinkedHashMap<>();
    private final List<Consumer> consumers = new ArrayList<>();
    private int nextConsumer;
    private long nextExpiry = Long.MAX_VALUE;
    private boolean dispatchRequested;
    private boolean paused;
    /** The error that answers every receiver; null to accept. */
    private RefusedException receiversRefused;
    /** Number of settlements that get lost together with their connection. */
    int settlementsToLose;
    /** Number of settlements that are ignored. */
    int settlementsToIgnore;
    private long completed;
    private long abandoned;
    private long expiredLocks;
    private long deadLetteredTotal;

    Queue(String path, Kind kind, EntityOptions options, MessageCodec codec, EventLoop loop) {
        super(path, options);
        this.kind = kind;
        this.codec = codec;
        this.loop = loop;
        this.deadLetterQueue = kind == Kind.DEAD_LETTER_QUEUE ? null : new Queue(path + "/$DeadLetterQueue",
                Kind.DEAD_LETTER_QUEUE, options.ofDeadLetterQueue(), codec, loop);
    }

    @Override
    boolean acceptsMessages() {
        return kind == Kind.QUEUE;
    }

    @Override
    void publish(MessageContent content, long timeToLive, long now) {
        long sequenceNumber = nextSequenceNumber();
        add(new StoredMessage(content, sequenceNumber, sequenceNumber, now, timeToLive));
    }

    /** Enqueues a message from the topic of this subscription. */
    void enqueue(MessageContent content, long topicSequenceNumber, long timeToLive, long now) {
        add(new StoredMessage(content, nextSequenceNumber(), topicSequenceNumber, now, atMost(options, timeToLive)));
    }

    /** Passes on what comes from now on. */
    void forwardTo(Entity target) {
        forwardTo = target;
    }

    @Override
    Stream<Entity> next() {
        return Stream.of(forwardTo, deadLetterQueue == null ? null : deadLetterQueue.forwardTo).filter(Objects::nonNull);
    }

    private void add(StoredMessage message) {
        came(message);
        if (forwardTo != null) {
            forwardTo.forwarded(message.content, kind == Kind.DEAD_LETTER_QUEUE ? Long.MAX_VALUE : message.timeToLive, System.currentTimeMillis());
            return;
        }
        messages.put(message.sequenceNumber, message);
        makeAvailable(message);
    }

    private void makeAvailable(StoredMessage message) {
        nextExpiry = Math.min(nextExpiry, expiresAt(message));
        if (message.state == ACTIVE) {
            available.put(message.sequenceNumber, message);
            requestDispatch();
        }
    }

    /** A dead letter never expires, whatever its time to live was. */
    private long expiresAt(StoredMessage message) {
        return kind == Kind.DEAD_LETTER_QUEUE ? Long.MAX_VALUE : message.expiresAt();
    }

    void addConsumer(Consumer consumer) {
        consumers.add(consumer);
    }

    void removeConsumer(Consumer consumer) {
        consumers.remove(consumer);
    }

    /** Stops deliveries, or starts them again. */
    void pause(boolean pause) {
        paused = pause;
        requestDispatch();
    }

    /** Ends the links of all receivers and refuses new ones, until the refusal is null again. */
    void refuseReceivers(RefusedException refusal) {
        receiversRefused = refusal;
        if (refusal != null) {
            List.copyOf(consumers).forEach(consumer -> consumer.refuse(refusal));
        }
    }

    /** @throws RefusedException while receivers are refused */
    void checkReceiversAllowed() {
        if (forwardTo != null) {
            throw new RefusedException(RefusedException.NOT_ALLOWED,
                    "'" + path + "' forwards its messages to '" + forwardTo.path + "': nothing can be received from it.");
        }
        if (receiversRefused != null) {
            throw receiversRefused;
        }
    }

    /** Delivers messages after the loop has read the current input of clients. */
    void requestDispatch() {
        if (!dispatchRequested && !consumers.isEmpty()) {
            dispatchRequested = true;
            loop.later(this::dispatch);
        }
    }

    private void dispatch() {
        dispatchRequested = false;
        long now = System.currentTimeMillis();
        while (!paused && !available.isEmpty()) {
            if (expiresAt(available.firstEntry().getValue()) <= now) {
                expire(available.firstEntry().getValue());
                continue;
            }
            Consumer consumer = nextReadyConsumer();
            if (consumer == null) {
                break;
            }
            StoredMessage message = available.pollFirstEntry().getValue();
            if (consumer.settlesOnSend()) {
                messages.remove(message.sequenceNumber);
                completed++;
            } else {
                lock(message, now);
            }
            consumer.deliver(message);
        }
        List.copyOf(consumers).forEach(Consumer::drained);
    }

    private Consumer nextReadyConsumer() {
        for (int i = 0; i < consumers.size(); i++) {
            nextConsumer = (nextConsumer + 1) % consumers.size();
            if (consumers.get(nextConsumer).isReady()) {
                return consumers.get(nextConsumer);
            }
        }
        return null;
    }

    private void lock(StoredMessage message, long now) {
        message.lockToken = UUID.randomUUID();
        message.lockedUntil = now + options.lockDuration().toMillis();
        locked.put(message.lockToken, message);
    }

    /** Returns the new end of the lock, in epoch millis. */
    long renewLock(UUID lockToken) {
        long now = System.currentTimeMillis();
        StoredMessage message = held(lockToken, now);
        message.lockedUntil = now + options.lockDuration().toMillis();
        locked.remove(lockToken);
        locked.put(lockToken, message);
        return message.lockedUntil;
    }

    private StoredMessage held(UUID lockToken, long now) {
        expireLocks(now);
        StoredMessage message = locked.get(lockToken);
        if (message == null) {
            throw RefusedException.lockLost();
        }
        return message;
    }

    /**
     * Ends a lock as its holder wishes.
     *
     * @throws RefusedException when the lock is lost, or when it stays because the changes cannot be made
     */
    void settle(UUID lockToken, Disposition disposition) {
        StoredMessage message = held(lockToken, System.currentTimeMillis());
        message.content = codec.modify(message.content, disposition.changes());
        message.lockToken = null;
        locked.remove(lockToken);
        switch (disposition.kind()) {
            case COMPLETE -> {
                messages.remove(message.sequenceNumber);
                completed++;
            }
            case ABANDON -> {
                abandoned++;
                message.deliveryCount++;
                giveBack(message);
            }
            case RELEASE -> giveBack(message);
            case DEFER -> {
                message.state = DEFERRED;
                makeAvailable(message);
            }
            case DEAD_LETTER -> deadLetter(message);
        }
    }

    private void giveBack(StoredMessage message) {
        if (message.deliveryCount >= options.maxDeliveryCount()) {
            deadLetter(message, "MaxDeliveryCountExceeded", "Message could not be consumed after "
                    + options.maxDeliveryCount() + " delivery attempts.");
        } else {
            makeAvailable(message);
        }
    }

    private void deadLetter(StoredMessage message, String reason, String description) {
        message.content = codec.modify(message.content, Disposition.deadLetter(reason, description).changes());
        deadLetter(message);
    }

    private void deadLetter(StoredMessage message) {
        message.state = ACTIVE;
        if (deadLetterQueue == null) {
            makeAvailable(message);
            return;
        }
        messages.remove(message.sequenceNumber);
        message.deadLetterSource = path;
        deadLetteredTotal++;
        deadLetterQueue.add(message);
    }

    private void expire(StoredMessage message) {
        available.remove(message.sequenceNumber);
        if (options.deadLetterOnExpiration()) {
            deadLetter(message, "TTLExpiredException", "The message expired and was dead lettered.");
        } else {
            messages.remove(message.sequenceNumber);
        }
    }

    /**
     * Receives deferred messages; locks them, or removes them at once.
     *
     * @throws RefusedException when one of them is missing or locked
     */
    List<StoredMessage> receiveDeferred(List<Long> sequenceNumbers, boolean lock) {
        long now = System.currentTimeMillis();
        expireLocks(now);
        List<StoredMessage> found = new ArrayList<>();
        for (Long sequenceNumber : sequenceNumbers) {
            StoredMessage message = messages.get(sequenceNumber);
            if (message == null || message.state != DEFERRED || message.isLocked()) {
                throw new RefusedException(RefusedException.MESSAGE_NOT_FOUND,
                        "Failed to lock one or more specified messages. The message does not exist.");
            }
            found.add(message);
        }
        for (StoredMessage message : found) {
            if (lock) {
                lock(message, now);
            } else {
                messages.remove(message.sequenceNumber);
                completed++;
            }
        }
        return found;
    }

    @Override
    void sweep(long now) {
        super.sweep(now);
        expireLocks(now);
        if (nextExpiry <= now) {
            List<StoredMessage> unlocked = messages.values().stream().filter(message -> !message.isLocked()).toList();
            unlocked.stream().filter(message -> expiresAt(message) <= now).forEach(this::expire);
            nextExpiry = unlocked.stream().mapToLong(this::expiresAt).filter(time -> time > now)
                    .min().orElse(Long.MAX_VALUE);
        }
        if (deadLetterQueue != null) {
            deadLetterQueue.sweep(now);
        }
    }

    boolean losesSettlement() {
        return settlementsToLose > 0 && settlementsToLose-- > 0;
    }

    boolean ignoresSettlement() {
        return settlementsToIgnore > 0 && settlementsToIgnore-- > 0;
    }

    /** Ends all locks before they expire. */
    void loseLocks() {
        expireLocks(Long.MAX_VALUE);
    }

    private void expireLocks(long now) {
        while (!locked.isEmpty()) {
            StoredMessage oldest = locked.values().iterator().next();
            if (oldest.lockedUntil > now) {
                return;
            }
            locked.remove(oldest.lockToken);
            oldest.lockToken = null;
            oldest.deliveryCount++;
            expiredLocks++;
            giveBack(oldest);
        }
    }

    @Override
    Collection<StoredMessage> stored(long fromSequenceNumber) {
        return messages.tailMap(fromSequenceNumber).values();
    }

    @Override
    void purge() {
        super.purge();
        messages.clear();
        available.clear();
        locked.clear();
        if (deadLetterQueue != null) {
            deadLetterQueue.purge();
        }
    }

    @Override
    Counts counts() {
        long deferred = messages.values().stream().filter(message -> message.state == DEFERRED).count();
        return new Counts(messages.size() - deferred, locked.size(), deferred, scheduledCount(),
                deadLetterQueue == null ? 0 : deadLetterQueue.messages.size(), enqueued, completed, abandoned,
                expiredLocks, deadLetteredTotal, duplicatesDetected());
    }
}
