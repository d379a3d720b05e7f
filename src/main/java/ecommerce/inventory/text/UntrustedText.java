package ecommerce.inventory.text;

import java.util.regex.Pattern;

/** Makes text that anybody may have sent safe to log, to answer with and to store. Null stays null. */
public final class UntrustedText {

    private static final int EXCERPT = 100;
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cs}\\u0080-\\u009F\\u2028\\u2029]");

    private UntrustedText() {
    }

    /**
     * Text for a log line or the description of a dead letter: "?" replaces what would begin another line, and half of a surrogate
     * pair, which the broker refuses.
     */
    public static String printable(String text) {
        return text == null ? null : UNPRINTABLE.matcher(text).replaceAll("?");
    }

    /** The beginning of a text, for an answer that is quoted as JSON. */
    public static String shortened(String text) {
        return shortened(text, EXCERPT);
    }

    /** The beginning of a text, printable. */
    public static String excerpt(String text) {
        return excerpt(text, EXCERPT);
    }

    /** @param length in characters, at most; what is longer ends with "…" */
    public static String excerpt(String text, int length) {
        return printable(shortened(text, length));
    }

    private static String shortened(String text, int length) {
        if (text == null || text.length() <= length) {
            return text;
        }
        // JSON cannot be written of half a surrogate pair.
        int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
        return text.substring(0, end) + "…";
    }

    /** Text for PostgreSQL, which cannot store U+0000. */
    public static String storable(String text) {
        return text == null ? null : text.replace("\0", "");
    }
}
