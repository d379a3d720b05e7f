package ecommerce.inventory.documentation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import ecommerce.inventory.support.Workspace;
import org.junit.jupiter.api.Assumptions;

/**
 * A folder with a change of the worker ({@code change.patch}, as {@code git diff} writes it) and its tests ({@code *Test.java}).
 *
 * @param folder its name
 * @param base   the recipe that this one is "on top of", by the heading of its README, or null
 * @param diffs  unified, one file each
 * @param tests  source of a test by its class name
 */
record Recipe(String folder, Recipe base, List<String> diffs, Map<String, String> tests) {

    private static final Pattern BASE = Pattern.compile("\\A# .*on top of (\\d+)");
    /** The lines that Git writes between the diffs of two files. */
    private static final Pattern BETWEEN_FILES = Pattern.compile("(?m)^(?:diff --git|index|new file mode|deleted file mode) .*\n");
    private static final Pattern FILE = Pattern.compile("(?m)^(?=--- (?:a/|/dev/null))");
    private static final Pattern CLASS = Pattern.compile("(?ms)^package ([\\w.]+);.*?^(?:public |final )*class (\\w+)");
    private static final String MUST_FIT = "must-fit";
    /** Far longer than the tests of a recipe take. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** The recipes in the folders of a directory, in the order of their names. */
    static List<Recipe> all(Path directory) {
        List<Recipe> recipes = new ArrayList<>();
        for (Path folder : files(directory).filter(Files::isDirectory).toList()) {
            Recipe base = BASE.matcher(text(folder.resolve("README.md"))).results().findFirst()
                .map(number -> recipes.get(Integer.parseInt(number.group(1)) - 1)).orElse(null);
            recipes.add(of(folder, base));
        }
        return recipes;
    }

    static Recipe of(Path folder, Recipe base) {
        String patch = BETWEEN_FILES.matcher(text(folder.resolve("change.patch"))).replaceAll("");
        Map<String, String> tests = new HashMap<>();
        files(folder).filter(file -> file.toString().endsWith("Test.java")).map(Recipe::text)
            .forEach(source -> tests.put(className(source), source));
        return new Recipe(folder.getFileName().toString(), base, Arrays.asList(FILE.split(patch)), tests);
    }

    /**
     * Recipes whose changes fit together, in their order. A recipe that is on top of another one is with it.
     *
     * @param alone folders of recipes that fit no other one, whatever their changes
     */
    static List<List<Recipe>> together(List<Recipe> recipes, Set<String> alone) {
        // With the lines of the files that the recipes of a group change.
        Map<List<Recipe>, Map<String, List<String>>> open = new IdentityHashMap<>();
        List<List<Recipe>> groups = new ArrayList<>();
        for (Recipe recipe : recipes) {
            List<Recipe> group = groups.stream().filter(others -> recipe.base == null ? open.containsKey(others) : others.contains(recipe.base))
                .filter(others -> !alone.contains(recipe.folder) && (!open.containsKey(others) || recipe.fits(open.get(others))))
                .findFirst().orElse(null);
            if (group == null) {
                group = new ArrayList<>();
                groups.add(group);
                Map<String, List<String>> changed = new HashMap<>();
                // Another recipe would be skipped with one that does not fit this tree.
                if (recipe.fits(changed) && !alone.contains(recipe.folder)) {
                    open.put(group, changed);
                }
            }
            group.add(recipe);
        }
        return groups;
    }

    /** @param changed lines of the files that other recipes have changed; on success with the changes of this one */
    private boolean fits(Map<String, List<String>> changed) {
        Map<String, List<String>> after = new HashMap<>(changed);
        try {
            for (String diff : diffs) {
                String file = diff.lines().skip(1).findFirst().orElseThrow().substring("+++ b/".length());
                boolean isNew = diff.startsWith("--- /dev/null");
                if (isNew && after.containsKey(file)) {
                    return false;
                }
                after.put(file, Workspace.patched(folder, diff, isNew ? List.of() : after.getOrDefault(file, lines(Path.of(file)))));
            }
        } catch (AssertionError e) {
            return false;
        }
        changed.putAll(after);
        return true;
    }

    /**
     * Applies the change to a workspace that has that of the recipe it is on top of. In a tree that its reader has edited the change need not fit: then
     * the test is skipped, and says so. With {@code -Drecipes=must-fit} it fails.
     */
    void applyTo(Workspace workspace) throws IOException {
        try {
            for (String diff : diffs) {
                workspace.apply(folder, diff);
            }
        } catch (AssertionError e) {
            if (MUST_FIT.equals(System.getProperty("recipes"))) {
                throw e;
            }
            Assumptions.abort("Recipe " + folder + " is skipped, because its change does not fit this tree: " + e.getMessage());
        }
    }

    /**
     * Runs the tests of recipes.
     *
     * @param others test classes to run too
     * @param limit for a test; one that reaches it fails
     */
    static Workspace.Outcome test(Workspace workspace, Collection<Recipe> recipes, Set<String> others, Duration limit) throws Exception {
        List<String> selectors = new ArrayList<>(others.stream().map(other -> "--select-class=" + other).toList());
        for (Recipe recipe : recipes) {
            for (Map.Entry<String, String> test : recipe.tests.entrySet()) {
                workspace.addTest(test.getKey(), test.getValue());
                selectors.add("--select-class=" + test.getKey());
            }
        }
        return workspace.run(selectors, List.of("-Djunit.jupiter.execution.timeout.default=" + limit.toSeconds() + " s"), LIMIT);
    }

    private static Stream<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String className(String source) {
        MatchResult name = CLASS.matcher(source).results().findFirst()
            .orElseThrow(() -> new IllegalArgumentException("No package and class in\n" + source));
        return name.group(1) + '.' + name.group(2);
    }

    @Override
    public String toString() {
        return folder;
    }
}
