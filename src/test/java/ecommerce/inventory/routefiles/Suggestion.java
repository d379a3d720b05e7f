package ecommerce.inventory.routefiles;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;

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

    /** @param near some of which sound alike and are much longer or shorter */
    static String of(String[] near, String wrong) {
        return Arrays.stream(near == null ? new String[0] : near).min(Comparator.comparingInt(name -> Math.abs(name.length() - wrong.length())))
            .map(name -> "; did you mean " + name + "?").orElse("");
    }
}
