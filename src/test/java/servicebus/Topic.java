package servicebus;

import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Copies every message to the subscriptions whose rules it matches. */
final class Topic extends Entity {

    private final List<Subscription> subscriptions;

    /** A queue that gets messages from a topic: all of them without rules, else those that match any rule. */
    record Subscription(Queue queue, List<Rule> rules) {

        boolean matches(MessageContent content) {
            return rules.isEmpty() || rules.stream().anyMatch(rule -> rule.matches(content));
        }
    }

    Topic(String path, EntityOptions options, List<Subscription> subscriptions) {
        super(path, options);
        this.subscriptions = subscriptions;
    }

    @Override
    void publish(MessageContent content, long timeToLive, long now) {
        long sequenceNumber = nextSequenceNumber();
        came(new StoredMessage(content, sequenceNumber, sequenceNumber, now, timeToLive));
        for (Subscription subscription : subscriptions) {
            if (subscription.matches(content)) {
                subscription.queue().enqueue(content, sequenceNumber, timeToLive, now);
            }
        }
    }

    @Override
    Stream<Entity> next() {
        return subscriptions.stream().map(Subscription::queue);
    }

    @Override
    Collection<StoredMessage> stored(long fromSequenceNumber) {
        return List.of();
    }

    @Override
    Counts counts() {
        return new Counts(0, 0, 0, scheduledCount(), 0, enqueued, 0, 0, 0, 0, duplicatesDetected());
    }
}
