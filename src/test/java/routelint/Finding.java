package routelint;

import java.util.Comparator;

/**
 * A mistake in a file: its place, its cause and, where there is one, a suggestion.
 *
 * @param file from the root of the project
 * @param line from 1
 */
record Finding(String file, int line, String text) implements Comparable<Finding> {

    @Override
    public int compareTo(Finding other) {
        return Comparator.comparing(Finding::file).thenComparing(Finding::line).thenComparing(Finding::text).compare(this, other);
    }

    /** In the form that editors and terminals turn into a link. */
    @Override
    public String toString() {
        return file + ":" + line + ": " + text;
    }
}
