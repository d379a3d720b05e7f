package bench;

import java.util.Collection;
import java.util.Locale;

/** The results of one measurement over several rounds. */
record Series(double median, double least, double most) {

    static Series of(Collection<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return new Series(sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2, sorted[0], sorted[sorted.length - 1]);
    }

    /** A number, rounded to about three digits. */
    static String text(double value) {
        return Double.isNaN(value) ? "not known" : String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    String spread() {
        return text(least) + " – " + text(most);
    }

    @Override
    public String toString() {
        return text(median);
    }
}
