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
    private static final Pattern CONSTANT = Pattern.compile("1\\s*=\\s*([01])");
    private static final Pattern SUBJECT = Pattern.compile("sys\\.(?:Label|Subject)\\s*(?:=\\s*(?<one>" + LITERAL
            + ")|IN\\s*\\(\\s*(?<many>" + LITERAL + "(?:\\s*,\\s*" + LITERAL + ")*)\\s*\\))", Pattern.CASE_INSENSITIVE);

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
     * Reads {@code 1=1}, {@code 1=0}, {@code sys.Label = 'X'} or {@code sys.Label IN ('X', 'Y')}; Subject means Label.
     *
     * @throws IllegalArgumentException for any other expression
     */
    static Rule sql(String expression) {
        Matcher constant = CONSTANT.matcher(expression.trim());
        if (constant.matches()) {
            boolean all = constant.group(1).equals("1");
            return new Rule(message -> all);
        }
        Matcher subject = SUBJECT.matcher(expression.trim());
        if (!subject.matches()) {
            throw new IllegalArgumentException("the SQL expression \"" + expression
                    + "\" is not supported; supported are 1=1, 1=0, sys.Label = 'X' and sys.Label IN ('X', 'Y')");
        }
        Set<String> subjects = new HashSet<>();
        Matcher literal = Pattern.compile(LITERAL).matcher(
                subject.group("one") != null ? subject.group("one") : subject.group("many"));
        while (literal.find()) {
            subjects.add(literal.group().substring(1, literal.group().length() - 1).replace("''", "'"));
        }
        return new Rule(message -> message.properties().getSubject() != null
                && subjects.contains(message.properties().getSubject()));
    }
}
