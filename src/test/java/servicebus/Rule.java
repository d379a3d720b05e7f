package servicebus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A rule of a subscription, which selects messages of the topic. */
final class Rule {

    /** The system properties a correlation filter can compare, by their names in the configuration. */
    static final Map<String, Function<MessageContent, Object>> SYSTEM_PROPERTIES = Map.of(
            "ContentType", message -> message.properties().getContentType(),
            "CorrelationId", message -> message.properties().getCorrelationId(),
            "Label", message -> message.properties().getSubject(),
            "MessageId", message -> message.properties().getMessageId(),
            "ReplyTo", message -> message.properties().getReplyTo(),
            "ReplyToSessionId", message -> message.properties().getReplyToGroupId(),
            "SessionId", message -> message.properties().getGroupId(),
            "To", message -> message.properties().getTo());

    private static final String LITERAL = "'(?:[^']|'')*'";
    private static final String CONDITION = "(?:1\\s*=\\s*(?<constant>[01])|(?<scope>sys\\.|user\\.)?(?<name>[A-Z]\\w*)(?:\\s*=\\s*(?<one>" + LITERAL
            + ")|\\s+(?<not>NOT\\s+)?IN\\s*\\(\\s*(?<many>" + LITERAL + "(?:\\s*,\\s*" + LITERAL + ")*)\\s*\\)|\\s+(?<missing>IS\\s+NULL)))";
    private static final Pattern ONE = Pattern.compile(CONDITION, Pattern.CASE_INSENSITIVE);
    private static final Pattern ALL = Pattern.compile("X(?:\\s+OR\\s+X)*".replace("X", CONDITION.replaceAll("\\?<\\w+>", "?:")),
            Pattern.CASE_INSENSITIVE);

    private final Predicate<MessageContent> filter;

    private Rule(Predicate<MessageContent> filter) {
        this.filter = filter;
    }

    boolean matches(MessageContent message) {
        return filter.test(message);
    }

    /**
     * Selects messages that have all these properties with these values.
     *
     * @param system by the names in {@link #SYSTEM_PROPERTIES}
     * @param application values are strings, booleans, longs or doubles
     */
    static Rule correlation(Map<String, String> system, Map<String, Object> application) {
        List<Predicate<MessageContent>> conditions = new ArrayList<>();
        system.forEach((name, value) -> conditions.add(
                message -> value.equals(Objects.toString(SYSTEM_PROPERTIES.get(name).apply(message), null))));
        application.forEach((name, value) -> conditions.add(
                message -> isSame(value, message.applicationProperties().get(name))));
        return new Rule(conditions.stream().reduce(message -> true, Predicate::and));
    }

    private static boolean isSame(Object expected, Object actual) {
        if (expected instanceof Number number && actual instanceof Number other) {
            return number.doubleValue() == other.doubleValue();
        }
        return expected.equals(actual);
    }

    /**
     * Reads conditions joined by {@code OR}: {@code 1=1}, {@code 1=0}, and of a property {@code = 'X'}, {@code IN ('X', 'Y')},
     * {@code NOT IN ('X', 'Y')}, {@code IS NULL}. A property is {@code sys.Label}, also called {@code sys.Subject}, or an application
     * property. As in Service Bus, {@code IS NULL} is true for a property that a message does not have, and all else is not.
     *
     * @throws IllegalArgumentException for any other expression
     */
    static Rule sql(String expression) {
        if (!ALL.matcher(expression.trim()).matches()) {
            throw new IllegalArgumentException("the SQL expression \"" + expression + "\" is not supported; supported are 1=1, 1=0, "
                    + "sys.Label or an application property with = 'X', IN ('X', 'Y'), NOT IN ('X', 'Y') or IS NULL, and OR between them");
        }
        List<Predicate<MessageContent>> conditions = new ArrayList<>();
        for (Matcher condition = ONE.matcher(expression); condition.find();) {
            conditions.add(condition(condition));
        }
        return new Rule(conditions.stream().reduce(message -> false, Predicate::or));
    }

    private static Predicate<MessageContent> condition(Matcher condition) {
        if (condition.group("constant") != null) {
            boolean all = condition.group("constant").equals("1");
            return message -> all;
        }
        Function<MessageContent, Object> property = property(condition.group("scope"), condition.group("name"));
        if (condition.group("missing") != null) {
            return message -> property.apply(message) == null;
        }
        Set<Object> values = literals(condition.group("one") != null ? condition.group("one") : condition.group("many"));
        boolean wanted = condition.group("not") == null;
        return message -> property.apply(message) != null && values.contains(property.apply(message)) == wanted;
    }

    private static Function<MessageContent, Object> property(String scope, String name) {
        if (!"sys.".equalsIgnoreCase(scope)) {
            return message -> message.applicationProperties().entrySet().stream().filter(property -> property.getKey().equalsIgnoreCase(name))
                    .map(Map.Entry::getValue).findFirst().orElse(null);
        }
        if (!name.equalsIgnoreCase("Label") && !name.equalsIgnoreCase("Subject")) {
            throw new IllegalArgumentException("the SQL property sys." + name + " is not supported; supported is sys.Label");
        }
        return SYSTEM_PROPERTIES.get("Label");
    }

    private static Set<Object> literals(String list) {
        Set<Object> values = new HashSet<>();
        for (Matcher literal = Pattern.compile(LITERAL).matcher(list); literal.find();) {
            values.add(literal.group().substring(1, literal.group().length() - 1).replace("''", "'"));
        }
        return values;
    }
}
