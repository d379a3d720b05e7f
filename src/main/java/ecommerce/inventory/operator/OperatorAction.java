package ecommerce.inventory.operator;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The actions of an operator. */
enum OperatorAction {

    REPLAY_DEAD_MESSAGES(Set.of(), Set.of("messageId", "all")),
    REPLAY_DEAD_LETTERS(Set.of("source"), Set.of("sequenceNumber", "all")),
    REBUILD_SUMMARY(Set.of(), Set.of()),
    PAUSE_CONSUMER(Set.of("source"), Set.of()),
    RESUME_CONSUMER(Set.of("source"), Set.of()),
    ERASE(Set.of(), Set.of("orderId", "customerId"));

    private final Set<String> required;
    private final Set<String> choices;

    OperatorAction(Set<String> required, Set<String> choices) {
        this.required = required;
        this.choices = choices;
    }

    /** Fields that a request must have. */
    Set<String> required() {
        return required;
    }

    /** Fields of which a request must have exactly one. */
    Set<String> choices() {
        return choices;
    }

    /** Its name in the path, which is also the name of the route that carries it out. */
    String path() {
        return name().toLowerCase().replace('_', '-');
    }

    static Optional<OperatorAction> of(String path) {
        return Arrays.stream(values()).filter(action -> action.path().equals(path)).findFirst();
    }

    static String all() {
        return Arrays.stream(values()).map(OperatorAction::path).collect(Collectors.joining(", "));
    }
}
