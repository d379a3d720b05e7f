package ecommerce.inventory.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The text of a file of {@code azure}. The build has no compiler of Bicep, so tests read what a file says. */
record Bicep(String text) {

    static final Path FOLDER = Path.of("azure");

    static Bicep read(String file) throws IOException {
        return new Bicep(Files.readString(FOLDER.resolve(file)));
    }

    /** All of a resource, by its name in the file. */
    Bicep resource(String name) {
        return new Bicep(only("(?m)^(resource " + name + " '.*?\n}\\]?\n)"));
    }

    /** All of a module that this file uses, by its name in the file. */
    Bicep module(String name) {
        return new Bicep(only("(?m)^(module " + name + " '.*?\n}\\]?\n)"));
    }

    /** The lines of the array that a function returns. */
    List<String> function(String name) {
        return only("(?m)^func " + name + "\\([^\n]*=> \\[\n(.*?)\n]\n").lines().map(String::strip).toList();
    }

    /** What is written after the name of a property, to the end of the line. */
    String property(String name) {
        return only("(?m)^ +" + name + ": ([^\n]+)$");
    }

    /** The default of a parameter. */
    String parameter(String name) {
        return only("(?m)^param " + name + " \\S+ = '?([^'\n]*)'?$");
    }

    /** The first group of the only place that matches. */
    String only(String pattern) {
        List<String> found = all(pattern).map(match -> match.group(1)).toList();
        assertThat(found).as(pattern).hasSize(1);
        return found.get(0);
    }

    /** All places that match; a dot matches line ends too. */
    Stream<MatchResult> all(String pattern) {
        return Pattern.compile(pattern, Pattern.DOTALL).matcher(text).results();
    }
}
