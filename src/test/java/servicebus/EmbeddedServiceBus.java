package servicebus;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * An in-memory broker that speaks the AMQP dialect of Azure Service Bus, for tests and local runs: unmodified Azure
 * SDKs use it through {@link #connectionString()}. Queues, topics and subscriptions come from a configuration in the
 * format of Microsoft's Service Bus emulator; messages live as long as the bus does.
 *
 * <p>Entity paths are written as in Service Bus, in any case: {@code queue}, {@code topic},
 * {@code topic/Subscriptions/subscription}, and either of the receivable ones followed by {@code /$DeadLetterQueue}.
 * Methods that take one throw {@link IllegalArgumentException} when there is no such entity. All methods may be
 * called from any thread; each takes effect before it returns. After {@link #close()} they throw
 * {@link IllegalStateException}.
 */
public final class EmbeddedServiceBus implements AutoCloseable {

    private static final int MAX_PEEK = Integer.MAX_VALUE;

    private final MessageCodec codec = new MessageCodec();
    private final EventLoop loop;
    private final Namespace namespace;

    /**
     * The options of a bus.
     *
     * @param port the TCP port on 127.0.0.1, 0 for a free one
     * @param maxMessageSize the largest message accepted, in bytes
     * @param lockDurationOverride the lock duration of every entity; null for those of the configuration
     * @param history how many of its last messages each entity remembers for {@link #history}
     */
    public record Options(int port, int maxMessageSize, Duration lockDurationOverride, int history) {

        /** A free port, Service Bus's 256 KiB, the configuration's lock durations, and no history. */
        public static Options defaults() {
            return new Options(0, 256 * 1024, null, 0);
        }

        public Options withPort(int newPort) {
            return new Options(newPort, maxMessageSize, lockDurationOverride, history);
        }

        public Options withMaxMessageSize(int bytes) {
            return new Options(port, bytes, lockDurationOverride, history);
        }

        public Options withLockDurationOverride(Duration duration) {
            return new Options(port, maxMessageSize, duration, history);
        }

        public Options withHistory(int messages) {
            return new Options(port, maxMessageSize, lockDurationOverride, messages);
        }
    }

    private EmbeddedServiceBus(Path configJson, Options options) throws IOException {
        loop = new EventLoop(options.port(),
                socket -> new AmqpPeer(namespace(), codec, options.maxMessageSize(), socket),
                now -> namespace().entities().forEach(entity -> entity.sweep(now)));
        namespace = new ConfigReader(codec, loop, options).read(configJson);
    }

    private Namespace namespace() {
        return namespace;
    }

    /** Starts a bus with {@link Options#defaults()}; see {@link #start(Path, Options)}. */
    public static EmbeddedServiceBus start(Path configJson) throws IOException {
        return start(configJson, Options.defaults());
    }

    /**
     * Starts a bus.
     *
     * @param configJson the entities, in the format of the Service Bus emulator's Config.json
     * @throws IllegalArgumentException when the configuration is wrong or asks for something that is not supported;
     *     the message names the entity and the property
     * @throws BindException when the port is in use; the message names it
     * @throws IOException when the configuration cannot be read
     */
    public static EmbeddedServiceBus start(Path configJson, Options options) throws IOException {
        EmbeddedServiceBus bus = new EmbeddedServiceBus(configJson, options);
        bus.loop.start();
        return bus;
    }

    /** The TCP port the bus listens on; the same for its whole life. */
    public int port() {
        return loop.port();
    }

    /** The connection string for clients. */
    public String connectionString() {
        return "Endpoint=sb://localhost:" + port() + ";SharedAccessKeyName=RootManageSharedAccessKey;"
                + "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";
    }

    /** Accepts an encoded message as if a client had sent it, for messages that the SDK cannot make. */
    public void send(String queueOrTopic, byte[] encoded) {
        loop.call(() -> {
            destination(queueOrTopic).send(List.of(codec.decode(encoded)));
            return null;
        });
    }

    /** How many messages the entity holds, and its totals. */
    public Counts counts(String entityPath) {
        return loop.call(() -> entity(entityPath).counts());
    }

    /** All messages of the entity in the order of their sequence numbers, locked ones included. */
    public List<BrowsedMessage> browse(String entityPath) {
        return loop.call(() -> entity(entityPath).peek(0, MAX_PEEK).stream().map(codec::browse).toList());
    }

    /** The last messages that came to the entity, the oldest first, whatever has become of them: {@link Options#history()}. */
    public List<BrowsedMessage> history(String entityPath) {
        return loop.call(() -> entity(entityPath).history().map(codec::browse).toList());
    }

    /** The paths of all entities, each dead-letter queue behind its queue or subscription. */
    public List<String> entities() {
        return loop.call(() -> namespace.entities().stream().flatMap(entity -> entity instanceof Queue queue
            ? Stream.of(queue.path, queue.deadLetterQueue.path) : Stream.of(entity.path)).toList());
    }

    /** Closes every TCP connection with a reset; clients may connect again at once. */
    public void dropConnections() {
        loop.call(() -> {
            loop.dropConnections();
            return null;
        });
    }

    /**
     * Rejects every message sent to the queue or topic until {@link #acceptSends}.
     *
     * @param amqpErrorCondition the error's symbol, such as {@code com.microsoft:server-busy}
     */
    public void refuseSends(String queueOrTopic, String amqpErrorCondition, String description) {
        setRefusal(queueOrTopic, new RefusedException(amqpErrorCondition, description));
    }

    /** Ends {@link #refuseSends}. */
    public void acceptSends(String queueOrTopic) {
        setRefusal(queueOrTopic, null);
    }

    private void setRefusal(String queueOrTopic, RefusedException refusal) {
        loop.call(() -> destination(queueOrTopic).refusal = refusal);
    }

    /** Delivers nothing from the queue, subscription or dead-letter queue until {@link #resume}; sends are still accepted. */
    public void pause(String entityPath) {
        setPaused(entityPath, true);
    }

    /** Ends {@link #pause}. */
    public void resume(String entityPath) {
        setPaused(entityPath, false);
    }

    /**
     * Ends the links of all receivers of the queue, subscription or dead-letter queue, and refuses receivers and peeks until
     * {@link #acceptReceivers}, as if it were disabled, missing or forbidden. Sends are still accepted.
     *
     * @param amqpErrorCondition the error's symbol, such as {@code amqp:unauthorized-access}
     */
    public void refuseReceivers(String entityPath, String amqpErrorCondition, String description) {
        setReceiversRefused(entityPath, new RefusedException(amqpErrorCondition, description));
    }

    /** Ends {@link #refuseReceivers}. */
    public void acceptReceivers(String entityPath) {
        setReceiversRefused(entityPath, null);
    }

    private void setReceiversRefused(String entityPath, RefusedException refusal) {
        loop.call(() -> {
            queue(entityPath).refuseReceivers(refusal);
            return null;
        });
    }

    /** Refuses every token until {@link #acceptTokens}; clients that are already authorised stay. */
    public void refuseTokens(String description) {
        setTokenRefusal(description);
    }

    /** Ends {@link #refuseTokens}. */
    public void acceptTokens() {
        setTokenRefusal(null);
    }

    private void setTokenRefusal(String description) {
        loop.call(() -> namespace.tokenRefusal = description);
    }

    /** Ends all locks of the queue, subscription or dead-letter queue now, as if they had expired. */
    public void loseLocks(String entityPath) {
        loop.call(() -> {
            queue(entityPath).loseLocks();
            return null;
        });
    }

    /**
     * Drops the client's connection instead of accepting a settlement, for the next settlements of messages of the queue,
     * subscription or dead-letter queue.
     */
    public void loseSettlements(String entityPath, int times) {
        loop.call(() -> queue(entityPath).settlementsToLose = times);
    }

    /**
     * Neither accepts nor answers the next settlements of messages of the queue, subscription or dead-letter queue. The connection
     * stays.
     */
    public void ignoreSettlements(String entityPath, int times) {
        loop.call(() -> queue(entityPath).settlementsToIgnore = times);
    }

    /** Accepts the next sends to the queue or topic, but drops the connection instead of confirming them. */
    public void loseAnswers(String queueOrTopic, int times) {
        loop.call(() -> destination(queueOrTopic).answersToLose = times);
    }

    private void setPaused(String entityPath, boolean paused) {
        loop.call(() -> {
            queue(entityPath).pause(paused);
            return null;
        });
    }

    /** Begins an outage: drops all connections and closes the port. Messages and locks are kept. */
    public void stopListening() {
        loop.call(() -> {
            loop.dropConnections();
            loop.stopListening();
            return null;
        });
    }

    /**
     * Ends an outage: opens the same port again.
     *
     * @throws java.io.UncheckedIOException with a {@link BindException} when another process has taken the port
     */
    public void startListening() {
        loop.call(() -> {
            loop.listen();
            return null;
        });
    }

    /** Empties all entities and forgets what duplicate detection has seen. Totals stay. */
    public void purge() {
        loop.call(() -> {
            namespace.entities().forEach(Entity::purge);
            return null;
        });
    }

    /** Drops all connections and messages and ends the bus's thread. */
    @Override
    public void close() {
        loop.close();
    }

    private Queue queue(String path) {
        if (entity(path) instanceof Queue queue) {
            return queue;
        }
        throw new IllegalArgumentException("'" + path + "' is a topic: messages are received from its subscriptions");
    }

    private Entity destination(String path) {
        Entity entity = entity(path);
        if (!entity.acceptsMessages()) {
            throw new IllegalArgumentException("'" + path + "' is neither a queue nor a topic");
        }
        return entity;
    }

    private Entity entity(String path) {
        try {
            return namespace.entity(path);
        } catch (RefusedException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
