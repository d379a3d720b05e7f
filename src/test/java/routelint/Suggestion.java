package routelint;

import java.util.Collection;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Suggests the existing name that shares the most letters with a wrong one: typing errors swap, omit or add letters. */
final class Suggestion {

    private Suggestion() {
    }

    /** @return the end of a message: {@code "; did you mean sql?"}, or nothing if no name is similar */
    static String of(Collection<String> names, String wrong) {
        return names.stream().filter(name -> 2 * differingLetters(name, wrong) <= wrong.length())
            .min(Comparator.<String>comparingLong(name -> differingLetters(name, wrong)).thenComparing(Comparator.naturalOrder()))
            .map(name -> "; did you mean " + name + "?").orElse("");
    }

    private static long differingLetters(String one, String other) {
        return IntStream.concat(one.chars(), other.chars()).distinct()
            .mapToLong(letter -> Math.abs(count(one, letter) - count(other, letter))).sum();
    }

    private static long count(String text, int letter) {
        return text.chars().filter(one -> one == letter).count();
    }
}
