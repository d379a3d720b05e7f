package servicebus;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;

/** The operations that clients request from an entity's {@code $management} node. */
final class ManagementLink {

    private static final String PREFIX = "com.microsoft:";

    private final MessageCodec codec;

    /** Answers one request. */
    interface Operation {
        Response handle(Request request);
    }

    /** @param errorCondition null for success */
    record Response(int status, String description, String errorCondition, Map<String, Object> body) {

        static Response ok(Map<String, Object> body) {
            return new Response(200, "OK", null, body);
        }

        Map<String, Object> properties() {
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("statusCode", status);
            properties.put("statusDescription", description);
            if (errorCondition != null) {
                properties.put("errorCondition", Symbol.valueOf(errorCondition));
            }
            return properties;
        }

        /** {@code $cbs} spells them differently. */
        Map<String, Object> cbsProperties() {
            return Map.of("status-code", status, "status-description", description);
        }
    }

    ManagementLink(MessageCodec codec) {
        this.codec = codec;
    }

    Response handle(Entity entity, Request request) {
        try {
            Map<String, Object> body = Disposition.withStringKeys((Map<?, ?>) request.body());
            return switch (request.operation()) {
                case PREFIX + "renew-lock" -> renewLock(queue(entity), body);
                case PREFIX + "peek-message" -> peek(entity, body);
                case PREFIX + "schedule-message" -> schedule(entity, body);
                case PREFIX + "cancel-scheduled-message" -> cancelScheduled(entity, body);
                case PREFIX + "receive-by-sequence-number" -> receiveDeferred(queue(entity), body);
                case PREFIX + "update-disposition" -> updateDisposition(queue(entity), body);
                default -> throw new RefusedException(RefusedException.NOT_IMPLEMENTED,
                        "The operation '" + request.operation() + "' is not supported.");
            };
        } catch (RefusedException e) {
            return new Response(status(e), e.getMessage(), e.condition(), Map.of());
        } catch (ClassCastException | NullPointerException | IllegalArgumentException e) {
            return new Response(400, "Malformed request: " + e.getMessage(), RefusedException.INVALID_FIELD, Map.of());
        }
    }

    private static int status(RefusedException e) {
        return switch (e.condition()) {
            case RefusedException.MESSAGE_LOCK_LOST -> 410;
            case RefusedException.MESSAGE_NOT_FOUND, RefusedException.NOT_FOUND -> 404;
            case RefusedException.NOT_IMPLEMENTED -> 501;
            default -> 400;
        };
    }

    private static Queue queue(Entity entity) {
        if (entity instanceof Queue queue) {
            return queue;
        }
        throw new RefusedException(RefusedException.NOT_ALLOWED, "'" + entity.path + "' is a topic.");
    }

    private static Response renewLock(Queue queue, Map<String, Object> body) {
        long[] expirations = lockTokens(body).stream().mapToLong(queue::renewLock).toArray();
        return Response.ok(Map.of("expirations", new MessageCodec.Timestamps(expirations)));
    }

    private Response peek(Entity entity, Map<String, Object> body) {
        List<Map<String, Object>> messages = entity
                .peek(((Number) body.get("from-sequence-number")).longValue(),
                        ((Number) body.get("message-count")).intValue())
                .stream().map(message -> Map.<String, Object>of("message", new Binary(codec.encode(message)))).toList();
        return messages.isEmpty() ? new Response(204, "No Content", null, Map.of("messages", messages))
                : Response.ok(Map.of("messages", messages));
    }

    private Response schedule(Entity entity, Map<String, Object> body) {
        if (!entity.acceptsMessages()) {
            throw new RefusedException(RefusedException.NOT_ALLOWED, "Nothing can be sent to '" + entity.path + "'.");
        }
        List<MessageContent> messages = elements(body.get("messages")).stream()
                .map(message -> codec.decode(((Binary) ((Map<?, ?>) message).get("message")).asByteArray())).toList();
        return Response.ok(Map.of("sequence-numbers", entity.schedule(messages)));
    }

    private static Response cancelScheduled(Entity entity, Map<String, Object> body) {
        for (Long sequenceNumber : sequenceNumbers(body)) {
            if (!entity.cancelScheduled(sequenceNumber)) {
                throw new RefusedException(RefusedException.MESSAGE_NOT_FOUND,
                        "There is no scheduled message with the sequence number " + sequenceNumber + ".");
            }
        }
        return Response.ok(Map.of());
    }

    private Response receiveDeferred(Queue queue, Map<String, Object> body) {
        boolean lock = ((Number) body.get("receiver-settle-mode")).intValue() == 1;
        List<Map<String, Object>> messages = new ArrayList<>();
        for (StoredMessage message : queue.receiveDeferred(sequenceNumbers(body), lock)) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("message", new Binary(codec.encode(message)));
            if (lock) {
                entry.put("lock-token", message.lockToken);
            }
            messages.add(entry);
        }
        return Response.ok(Map.of("messages", messages));
    }

    private static Response updateDisposition(Queue queue, Map<String, Object> body) {
        Disposition.Kind kind = switch ((String) body.get("disposition-status")) {
            case "completed" -> Disposition.Kind.COMPLETE;
            case "abandoned" -> Disposition.Kind.ABANDON;
            case "suspended" -> Disposition.Kind.DEAD_LETTER;
            case "defered" -> Disposition.Kind.DEFER;
            default -> throw new RefusedException(RefusedException.NOT_IMPLEMENTED,
                    "Unknown disposition status '" + body.get("disposition-status") + "'.");
        };
        Map<String, Object> changes = Disposition.withStringKeys((Map<?, ?>) body.get("properties-to-modify"));
        if (body.get("deadletter-reason") != null) {
            changes.put(Disposition.DEAD_LETTER_REASON, body.get("deadletter-reason"));
        }
        if (body.get("deadletter-description") != null) {
            changes.put(Disposition.DEAD_LETTER_DESCRIPTION, body.get("deadletter-description"));
        }
        lockTokens(body).forEach(lockToken -> queue.settle(lockToken, new Disposition(kind, changes)));
        return Response.ok(Map.of());
    }

    private static List<UUID> lockTokens(Map<String, Object> body) {
        return elements(body.get("lock-tokens")).stream().map(UUID.class::cast).toList();
    }

    private static List<Long> sequenceNumbers(Map<String, Object> body) {
        return elements(body.get("sequence-numbers")).stream().map(number -> ((Number) number).longValue()).toList();
    }

    /** The elements of a list or of an array of any type. */
    private static List<Object> elements(Object listOrArray) {
        List<Object> elements = new ArrayList<>();
        if (listOrArray instanceof List<?> list) {
            elements.addAll(list);
        } else {
            for (int i = 0; i < Array.getLength(listOrArray); i++) {
                elements.add(Array.get(listOrArray, i));
            }
        }
        return elements;
    }
}
