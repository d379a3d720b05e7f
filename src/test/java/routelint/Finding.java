package routelint;

import java.util.Comparator;

/**
 * A mistake, as integration engineers read it: where it is, what is wrong, and what was meant.
 *
 * @param file from the root of the project
 * @param line from 1
 */
record Finding(String file, int line, String text) implements Comparable<Finding> {

    @Override
    public int compareTo(Finding other) {
        return Comparator.comparing(Finding::file).thenComparing(Finding::line).thenComparing(Finding::text).compare(this, other);
    }

    /** As editors and terminals make it a link. */
    @Override
    public String toString() {
        return file + ":" + line + ": " + text;
    }
}
