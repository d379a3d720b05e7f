package chaos;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

import chaos.ChaosRun.Options;
import chaos.Evidence.Figure;
import chaos.Fault.Family;
import chaos.Saboteur.Outcome;

/**
 * The result of a run.
 *
 * @param length  from the first message of the load to the last
 * @param traffic numbers of what was sent, delivered and received
 */
record Ledger(Options options, Duration length, List<Outcome> outcomes, Map<String, Long> traffic, List<Figure> figures) {

    /** The invariants with violations. */
    List<Figure> violations() {
        return figures.stream().filter(figure -> !figure.violations().isEmpty()).toList();
    }

    /** The least number of kills in a run of this length. */
    long leastKills() {
        return 10 * options.length().toMinutes() / 3;
    }

    /** The least number of outages in a run of this length. */
    long leastOutages() {
        return 2 * options.length().toMinutes() / 3;
    }

    /** How many faults of the family have taken place. */
    long count(Family family) {
        return outcomes.stream().filter(outcome -> outcome.planned().fault().family == family && outcome.missed() == null).count();
    }

    String command() {
        return "mvn verify -Pchaos -Dchaos.minutes=" + options.length().toMinutes() + " -Dchaos.seed=" + options.seed();
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        text.append("# Chaos\n\nRepeat with: `").append(command()).append("`. The seed makes load and faults the same; exact interleavings depend on the machine.\n\n");
        text.append(String.format(Locale.ROOT, "%d workers, %.1f minutes, %s orders a second with the messages that follow them: %d kills, %d outages, %d other faults. %s%n%n",
            options.workers(), length.toMillis() / 60_000.0, options.ordersPerSecond(), count(Family.KILL), count(Family.OUTAGE), count(Family.OTHER),
            violations().isEmpty() ? "**Nothing lost, nothing done twice, nothing oversold, nothing stuck.**" : "**Violations: see below.**"));
        text.append("## Bars\n\n").append(bar(violations().isEmpty(), "no violation of an invariant; there are " + violations().size()))
            .append(bar(count(Family.KILL) >= leastKills(), "at least " + leastKills() + " kills; there were " + count(Family.KILL)))
            .append(bar(count(Family.OUTAGE) >= leastOutages(), "at least " + leastOutages() + " outages; there were " + count(Family.OUTAGE)))
            .append("\n## Faults\n\n");
        text.append("| fault | took place | missed | longest recovery |\n|---|---|---|---|\n");
        for (Fault fault : Fault.values()) {
            List<Outcome> all = outcomes.stream().filter(outcome -> outcome.planned().fault() == fault).toList();
            long missed = all.stream().filter(outcome -> outcome.missed() != null).count();
            text.append(String.format("| %s | %d | %d | %s |%n", fault.description, all.size() - missed, missed, longest(all)));
        }
        text.append("\nMissed: the worker did not reach the named point in time, or was not ready. Recovery: from the end of the fault until another "
            + "message is handled and another event received; after a kill of all workers it includes their start. Disk full: PostgreSQL answers "
            + "each write with this error. The server that takes over is a standby of the first. After a loss it is promoted 2 to 7 s later, and the "
            + "lost server comes back as its standby. The clock that jumps is PostgreSQL's, from which the worker takes its times; the clock of "
            + "the JVM does not jump.\n\n## Messages\n\n| messages | |\n|---|---|\n");
        traffic.forEach((what, count) -> text.append(String.format("| %s | %d |%n", what, count)));
        text.append("\n## Invariants\n\n| invariant | violations | measured |\n|---|---|---|\n");
        figures.forEach(figure -> text.append(String.format("| %s | %d | %s |%n", figure.invariant(), figure.violations().size(), figure.measured())));
        violations().forEach(figure -> text.append("\n    ").append(figure).append('\n'));
        return text.toString();
    }

    private static String bar(boolean met, String text) {
        return "- " + (met ? "Met" : "**MISSED**") + ": " + text + ".\n";
    }

    private static String longest(List<Outcome> outcomes) {
        Optional<Duration> longest = outcomes.stream().filter(outcome -> outcome.missed() == null).map(Outcome::recovery).max(Comparator.naturalOrder());
        return longest.map(recovery -> String.format(Locale.ROOT, "%.1f s", recovery.toMillis() / 1_000.0)).orElse("");
    }
}
