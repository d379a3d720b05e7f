package mutants;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/** Runs the tests of each fault without it, when they have to pass, and with it, when they have to fail. */
class MutantsIT {

    private static final Path REPORT = Path.of("target", "mutants.md");
    private static final Path JAR = Path.of(System.getProperty("worker.jar"));
    /** Time limit of a test; no test waits longer for what never happens. Tests of the jar have the general limit. */
    private static final int TEST_SECONDS = 150;
    /** Time limit for all tests of a fault, and for those of a control run. */
    private static final Duration LIMIT = Duration.ofMinutes(30);
    /** Test classes that one JVM runs without a fault. */
    private static final int CONTROLLED = 8;

    /** More than there are processors: a run whose fault survives, or that fails by a time limit, mostly waits. */
    private final ExecutorService runs = Executors.newFixedThreadPool(2 * Runtime.getRuntime().availableProcessors());
    @TempDir
    private Path directory;

    /** The verdicts on a fault, the worst first. */
    private enum Verdict {
        /** A test that has to fail has passed. */
        SURVIVED,
        /** A test reached its time limit, which is too long for a build. */
        HUNG,
        /** The fault cannot be put in, or a test fails without it, or does not run with it. */
        NOT_JUDGED,
        KILLED
    }

    private record Result(Mutant mutant, Verdict verdict, String why, Duration time) {

        @Override
        public String toString() {
            return verdict + " " + mutant + (why.isEmpty() ? "" : ": " + why);
        }
    }

    @AfterEach
    void stop() {
        runs.shutdownNow();
    }

    @Test
    void eachFaultIsNoticedByItsTests() throws Exception {
        List<String> wanted = List.of(System.getProperty("mutants", "").split(","));
        List<Mutant> mutants = Mutant.all().stream().filter(mutant -> wanted.stream().anyMatch(mutant.name()::startsWith)).toList();
        assertThat(mutants).isNotEmpty();
        long begin = System.nanoTime();

        Set<TestName> sound = sound(mutants);
        List<Result> results = inParallel(mutants.stream().<Callable<Result>>map(mutant -> () -> judge(mutant, sound)).toList());

        Files.writeString(REPORT, report(results, Duration.ofNanos(System.nanoTime() - begin)));
        assertThat(results).filteredOn(result -> result.verdict() != Verdict.KILLED).isEmpty();
    }

    /** The tests that pass without a fault. */
    private Set<TestName> sound(List<Mutant> mutants) throws Exception {
        List<TestName> tests = mutants.stream().flatMap(mutant -> mutant.tests().stream()).distinct().toList();
        List<String> classes = tests.stream().map(TestName::className).distinct().sorted().toList();
        List<Callable<Set<TestName>>> controls = new ArrayList<>();
        for (int i = 0; i < classes.size(); i += CONTROLLED) {
            List<String> some = classes.subList(i, Math.min(i + CONTROLLED, classes.size()));
            Path copy = directory.resolve("control-" + i);
            controls.add(() -> passed(copy, tests.stream().filter(test -> some.contains(test.className())).toList()));
        }
        return inParallel(controls).stream().flatMap(Set::stream).collect(toSet());
    }

    private Set<TestName> passed(Path copy, List<TestName> tests) throws Exception {
        Workspace.Outcome outcome = run(Workspace.whole(copy), tests, JAR);
        Set<TestName> passed = tests.stream().filter(test -> !test.runs(outcome).isEmpty()
            && test.runs(outcome).stream().allMatch(Workspace.Test::passed)).collect(toSet());
        if (passed.size() < tests.size()) {
            System.out.println("Without a fault:\n" + outcome.output());
        }
        return passed;
    }

    private Result judge(Mutant mutant, Set<TestName> sound) throws Exception {
        long begin = System.nanoTime();
        Path copy = directory.resolve(mutant.name().replace('/', '-'));
        Result result;
        try {
            result = judge(mutant, sound, copy, begin);
        } catch (AssertionError e) {
            result = result(mutant, Verdict.NOT_JUDGED, e.getMessage(), begin);
        } catch (TimeoutException e) {
            result = result(mutant, Verdict.HUNG, "its tests did not end in " + LIMIT, begin);
        }
        FileSystemUtils.deleteRecursively(copy);
        System.out.println(result);
        return result;
    }

    private Result judge(Mutant mutant, Set<TestName> sound, Path copy, long begin) throws Exception {
        List<TestName> unsound = mutant.tests().stream().filter(test -> !sound.contains(test)).toList();
        if (!unsound.isEmpty()) {
            return result(mutant, Verdict.NOT_JUDGED, "these tests fail without it: " + unsound, begin);
        }
        Workspace workspace = Workspace.whole(copy);
        workspace.apply(mutant.name(), mutant.diff());
        Path jar = mutant.tests().stream().anyMatch(TestName::isOfTheJar) ? workspace.jar(JAR) : JAR;
        Workspace.Outcome outcome = run(workspace, mutant.tests(), jar);
        if (outcome.tests().stream().anyMatch(MutantsIT::hung)) {
            return result(mutant, Verdict.HUNG, "a test was ended after " + TEST_SECONDS + " s", begin);
        }
        List<TestName> missing = mutant.tests().stream().filter(test -> test.runs(outcome).isEmpty()).toList();
        if (!missing.isEmpty()) {
            return result(mutant, Verdict.NOT_JUDGED, "these tests did not run: " + missing, begin);
        }
        List<TestName> green = mutant.tests().stream().filter(test -> test.runs(outcome).stream().allMatch(run -> run.failure() == null)).toList();
        return green.isEmpty() ? result(mutant, Verdict.KILLED, "", begin)
            : result(mutant, Verdict.SURVIVED, "these tests pass with it: " + green, begin);
    }

    private static boolean hung(Workspace.Test test) {
        return test.failure() != null && test.failure().endsWith("timed out after " + TEST_SECONDS + " seconds");
    }

    private static Result result(Mutant mutant, Verdict verdict, String why, long begin) {
        return new Result(mutant, verdict, why, Duration.ofNanos(System.nanoTime() - begin));
    }

    private static Workspace.Outcome run(Workspace workspace, List<TestName> tests, Path jar) throws Exception {
        List<String> properties = new ArrayList<>(List.of("-Dworker.jar=" + jar.toAbsolutePath(), "-Dreactor.schedulers.defaultBoundedElasticSize=500",
            "-Dspring.test.context.cache.maxSize=2"));
        if (tests.stream().noneMatch(TestName::isOfTheJar)) {
            properties.add("-Djunit.jupiter.execution.timeout.default=" + TEST_SECONDS + " s");
        }
        return workspace.run(tests.stream().map(TestName::selector).toList(), properties, LIMIT);
    }

    private <T> List<T> inParallel(List<Callable<T>> calls) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> call : runs.invokeAll(calls)) {
            results.add(call.get());
        }
        return results;
    }

    private static String report(List<Result> results, Duration time) {
        StringBuilder report = new StringBuilder("# Mutants\n\n" + results.size() + " faults in " + time.toMinutes() + " minutes: "
            + Arrays.stream(Verdict.values()).map(verdict -> words(verdict) + ' ' + results.stream().filter(result -> result.verdict() == verdict).count())
                .collect(joining(", ")) + ".\n");
        results.stream().map(Result::verdict).distinct().sorted().forEach(verdict -> {
            report.append("\n## ").append(words(verdict)).append("\n\n| fault | what is broken | file | tests | seconds | |\n|---|---|---|---|---|---|\n");
            rows(results, verdict).forEach(report::append);
        });
        return report.toString();
    }

    private static String words(Verdict verdict) {
        return verdict.name().toLowerCase().replace('_', ' ');
    }

    /** The slowest first. */
    private static Stream<String> rows(List<Result> results, Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).sorted(Comparator.comparing(Result::time).reversed())
            .map(result -> "| " + String.join(" | ", result.mutant().name(), result.mutant().fault(), result.mutant().file(),
                result.mutant().tests().stream().map(TestName::toString).collect(joining(", ")), String.valueOf(result.time().toSeconds()),
                result.why()).replace("\n", " ") + " |\n");
    }
}
