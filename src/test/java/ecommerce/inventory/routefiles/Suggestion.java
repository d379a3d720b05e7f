package ecommerce.inventory.routefiles;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.stream.IntStream;

import org.apache.camel.catalog.suggest.CatalogSuggestionStrategy;

/** What was meant, by the measure of Camel's own catalog. */
final class Suggestion {

    static final CatalogSuggestionStrategy STRATEGY = new CatalogSuggestionStrategy();

    private Suggestion() {
    }

    /** @return the end of a message: {@code "; did you mean sql?"}, or nothing if no name comes near */
    static String of(Collection<String> names, String wrong) {
        return of(STRATEGY.suggestEndpointOptions(new HashSet<>(names), wrong), wrong);
    }

    /** @param near among them some that sound alike only */
    static String of(String[] near, String wrong) {
        return Arrays.stream(near == null ? new String[0] : near).filter(name -> 2 * differingLetters(name, wrong) <= wrong.length() + 2)
            .min(Comparator.comparingLong(name -> differingLetters(name, wrong)))
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
