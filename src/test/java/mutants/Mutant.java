package mutants;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A fault: a file in {@code src/test/mutants}.
 *
 * @param name  area and file name: {@code outbox/claimed-by-two}
 * @param fault what a user of the worker would suffer
 * @param tests that have to fail
 * @param file  that the fault is put into
 * @param diff  unified
 */
record Mutant(String name, String fault, List<TestName> tests, String file, String diff) {

    private static final Path FOLDER = Path.of("src", "test", "mutants");
    private static final String SUFFIX = ".patch";
    private static final Pattern PATCH = Pattern.compile("(?s)(?<fault>\\S.*?\\.)\nTests: (?<tests>[^\n]*)\n\n"
        + "(diff --git [^\n]*\n)?(index [^\n]*\n)?(?<diff>--- \\S+\n\\+\\+\\+ b/(?<file>\\S+)\n@@.*)");

    /** All faults, in the order of their names. */
    static List<Mutant> all() {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(Files::isRegularFile).sorted().map(Mutant::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Mutant read(Path file) {
        try {
            Matcher patch = PATCH.matcher(Files.readString(file));
            if (!file.toString().endsWith(SUFFIX) || !patch.matches()) {
                throw new IllegalArgumentException(file + " is not a patch in the form that package mutants describes");
            }
            String name = FOLDER.relativize(file).toString().replace('\\', '/').replace(SUFFIX, "");
            return new Mutant(name, patch.group("fault").replaceAll("\\s+", " "),
                Arrays.stream(patch.group("tests").split(",\\s*")).map(TestName::of).toList(), patch.group("file"), patch.group("diff"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
