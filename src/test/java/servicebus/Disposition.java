package servicebus;

import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Modified;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.messaging.Released;
import org.apache.qpid.protonj2.types.transport.DeliveryState;

/**
 * A receiver's decision about a locked message.
 *
 * @param changes application properties to set; a dead letter's reason and description are among them
 */
record Disposition(Kind kind, Map<String, Object> changes) {

    static final String DEAD_LETTER_REASON = "DeadLetterReason";
    static final String DEAD_LETTER_DESCRIPTION = "DeadLetterErrorDescription";

    enum Kind {
        COMPLETE, ABANDON, RELEASE, DEFER, DEAD_LETTER
    }

    /** @throws RefusedException for the states of transactions */
    static Disposition of(DeliveryState state) {
        if (state instanceof Released) {
            return new Disposition(Kind.RELEASE, Map.of());
        } else if (state instanceof Accepted) {
            return new Disposition(Kind.COMPLETE, Map.of());
        } else if (state instanceof Modified modified) {
            return new Disposition(modified.isUndeliverableHere() ? Kind.DEFER : Kind.ABANDON,
                    withStringKeys(modified.getMessageAnnotations()));
        } else if (state instanceof Rejected rejected) {
            return new Disposition(Kind.DEAD_LETTER,
                    rejected.getError() == null ? Map.of() : withStringKeys(rejected.getError().getInfo()));
        }
        throw new RefusedException(RefusedException.NOT_IMPLEMENTED, "Unsupported delivery state " + state);
    }

    static Disposition deadLetter(String reason, String description) {
        return new Disposition(Kind.DEAD_LETTER,
                Map.of(DEAD_LETTER_REASON, reason, DEAD_LETTER_DESCRIPTION, description));
    }

    /** Clients key these maps with symbols or with strings. */
    static Map<String, Object> withStringKeys(Map<?, ?> map) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (map != null) {
            map.forEach((key, value) -> result.put(key.toString(), value));
        }
        return result;
    }
}
