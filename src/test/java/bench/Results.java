package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The measurements, and the report in Markdown. */
final class Results {

    private static final List<String> PROCESSES = List.of("worker", "PostgreSQL", "bus", "load");

    private final Map<String, List<Measured>> throughput = new LinkedHashMap<>();
    private final Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();
    private final List<String> ratios = new ArrayList<>();
    private final List<Bar> bars = new ArrayList<>();
    private final List<String> tables = new ArrayList<>();

    /** A target of a result. */
    private record Bar(String text, boolean met) {

        @Override
        public String toString() {
            return "- " + (met ? "Met" : "**MISSED**") + ": " + text;
        }
    }

    /** The name of a result: who handled which workload. */
    static String line(String who, Workload workload) {
        return who + ": " + workload.title();
    }

    void add(String line, Measured measured) {
        throughput.computeIfAbsent(line, first -> new ArrayList<>()).add(measured);
        System.out.printf("%s: %s orders/s, µs of CPU per order %s%n", line, Series.text(measured.ordersPerSecond()), measured.cpu());
    }

    /** Adds a figure to a section. */
    void add(String section, String figure, double value) {
        figures.computeIfAbsent(section, first -> new LinkedHashMap<>()).computeIfAbsent(figure, first -> new ArrayList<>()).add(value);
        System.out.printf("%s: %s: %s%n", section, figure, Series.text(value));
    }

    /** Adds a complete section. */
    void add(String table) {
        tables.add(table);
    }

    double ordersPerSecond(String line) {
        return series(line, Measured::ordersPerSecond).median();
    }

    private Series series(String line, ToDoubleFunction<Measured> what) {
        return Series.of(throughput.get(line).stream().map(what::applyAsDouble).toList());
    }

    /** Reports how many times as fast the first line is as the second, if both were measured. */
    void ratio(String line, String yardstick) {
        if (throughput.containsKey(line) && throughput.containsKey(yardstick)) {
            ratios.add("| " + line + " | " + yardstick + " | **" + Series.text(times(line, yardstick)) + "** |");
        }
    }

    /** The same, with a target: the first has to be at least so many times as fast. */
    void ratio(String line, String yardstick, double atLeast) {
        ratio(line, yardstick);
        if (throughput.containsKey(line) && throughput.containsKey(yardstick)) {
            double times = times(line, yardstick);
            bars.add(new Bar(line + ", measured against " + yardstick + ": " + Series.text(times) + " times as fast; at least "
                + Series.text(atLeast) + " is wanted.", times >= atLeast));
        }
    }

    private double times(String line, String yardstick) {
        return ordersPerSecond(line) / ordersPerSecond(yardstick);
    }

    /** Sets a limit for the median of a figure. */
    void limit(String section, String figure, double atMost) {
        double median = Series.of(figures.get(section).get(figure)).median();
        bars.add(new Bar(section + ": " + figure + " is " + Series.text(median) + "; at most " + Series.text(atMost) + " is wanted.", median <= atMost));
    }

    /** Writes the report. */
    void write(Path file, String postgres, BenchOptions settings) throws IOException {
        StringBuilder text = new StringBuilder("# Results of the benchmark\n\nBy `" + BenchOptions.command() + "`, " + LocalDate.now() + ", on "
            + Machine.describe() + " shared by load, bus, worker and PostgreSQL (" + postgres + ").\n\n"
            + "Measured end to end: the Azure SDK sends orders, the bus holds them, a worker handles them, and the Azure SDK receives the events. "
            + "A backlog of " + settings.orders() + " orders is drained, from the first delivery to the last event received, by a worker with "
            + settings.concurrentCalls() + " messages in flight. The Inventory Worker runs as in the image that the Dockerfile builds; all workers have "
            + MeasuredWorker.MEMORY + " " + String.join(" ", MeasuredWorker.JVM_OPTIONS) + ". Medians of " + settings.rounds() + " rounds, after a warm-up; "
            + "the tables hold " + settings.before() + " finished orders before each. Machines are noisy: read the ratios.\n");
        if (!bars.isEmpty()) {
            text.append("\n## Bars\n\n").append(bars.stream().filter(Bar::met).count()).append(" of ").append(bars.size()).append(" are met.\n\n");
            bars.forEach(bar -> text.append(bar).append('\n'));
        }
        if (!ratios.isEmpty()) {
            text.append("\n## Ratios\n\n| | measured against | times as fast |\n|---|---|---|\n");
            ratios.forEach(ratio -> text.append(ratio).append('\n'));
        }
        text.append("\n## Orders per second\n\n| | median | least – most | µs of CPU per order: ").append(String.join(" / ", PROCESSES))
            .append(" |\n|---|---|---|---|\n");
        throughput.forEach((line, all) -> text.append("| ").append(line).append(" | ").append(series(line, Measured::ordersPerSecond))
            .append(" | ").append(series(line, Measured::ordersPerSecond).spread()).append(" | ")
            .append(String.join(" / ", PROCESSES.stream().map(process -> all.get(0).cpu().containsKey(process)
                ? series(line, measured -> measured.cpu().get(process)).toString() : "–").toList())).append(" |\n"));
        figures.forEach((section, all) -> {
            text.append("\n## ").append(section).append("\n\n| | median | least – most |\n|---|---|---|\n");
            all.forEach((figure, values) -> text.append("| ").append(figure).append(" | ").append(Series.of(values)).append(" | ")
                .append(Series.of(values).spread()).append(" |\n"));
        });
        tables.forEach(table -> text.append('\n').append(table));
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        System.out.println(text);
    }
}
