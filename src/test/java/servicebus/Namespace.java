package servicebus;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The entities of a bus by their path, in upper or lower case. */
final class Namespace {

    private static final Pattern SCHEME_AND_HOST = Pattern.compile("^[a-z]+://[^/]*");

    private final Map<String, Entity> byPath = new HashMap<>();
    private final List<Entity> entities;
    /** The description that refuses every token; null to accept. */
    String tokenRefusal;

    /** @param entities queues, topics and subscriptions, without dead-letter queues */
    Namespace(List<Entity> entities) {
        this.entities = entities;
        for (Entity entity : entities) {
            byPath.put(normalized(entity.path), entity);
            if (entity instanceof Queue queue) {
                byPath.put(normalized(queue.deadLetterQueue.path), queue.deadLetterQueue);
            }
        }
    }

    Collection<Entity> entities() {
        return entities;
    }

    /** An address without scheme, host and leading slash, in lower case. */
    static String normalized(String address) {
        String path = SCHEME_AND_HOST.matcher(address.toLowerCase(Locale.ROOT)).replaceFirst("");
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /** @throws RefusedException when there is no such entity */
    Entity entity(String address) {
        Entity entity = byPath.get(normalized(address));
        if (entity == null) {
            throw new RefusedException(RefusedException.NOT_FOUND,
                    "The messaging entity '" + address + "' could not be found.");
        }
        return entity;
    }

    /** @throws RefusedException when there is no such entity, or one that cannot be received from */
    Queue queue(String address) {
        if (entity(address) instanceof Queue queue) {
            return queue;
        }
        throw new RefusedException(RefusedException.NOT_ALLOWED,
                "'" + address + "' is a topic: messages are received from its subscriptions.");
    }

    /** @throws RefusedException when there is no such entity, or one that cannot be sent to */
    Entity destination(String address) {
        Entity entity = entity(address);
        if (!entity.acceptsMessages()) {
            throw new RefusedException(RefusedException.NOT_ALLOWED,
                    "'" + address + "' is a subscription or a dead-letter queue: nothing can be sent to it.");
        }
        return entity;
    }
}
