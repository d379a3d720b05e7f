package ecommerce.inventory.documentation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import ecommerce.inventory.support.Workspace;

/**
 * A section of a Markdown document that changes something: its diffs, and the test that goes with them.
 *
 * @param title heading of the section
 * @param base  the edit that its heading says it is "on top of", or null
 * @param diffs unified, one file each
 * @param tests source of a test by its class name
 */
record Edit(String title, Edit base, List<String> diffs, Map<String, String> tests) {

    private static final Pattern SECTION = Pattern.compile("(?ms)^## (?:(\\d+)\\. )?(.*?)$(.*?)(?=^## |\\z)");
    private static final Pattern BASE = Pattern.compile("on top of (\\d+)");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
    /** Far longer than the tests of an edit take. */
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Pattern CLASS = Pattern.compile("(?ms)^package ([\\w.]+);.*?^(?:public |final )*class (\\w+)");

    /** The edits of a document, in its order. */
    static List<Edit> of(Path document) {
        Map<String, Edit> numbered = new HashMap<>();
        List<Edit> edits = new ArrayList<>();
        SECTION.matcher(text(document)).results().forEach(section -> {
            List<String> diffs = blocks(section.group(3), "diff");
            Map<String, String> tests = new HashMap<>();
            blocks(section.group(3), "java").forEach(source -> tests.put(className(source), source));
            if (!diffs.isEmpty()) {
                Edit base = BASE.matcher(section.group(2)).results().findFirst().map(on -> numbered.get(on.group(1))).orElse(null);
                Edit edit = new Edit(section.group(2), base, diffs, tests);
                numbered.put(section.group(1), edit);
                edits.add(edit);
            }
        });
        return edits;
    }

    /** Makes the edit, before it the one that it is on top of. */
    void applyTo(Workspace workspace) throws IOException {
        if (base != null) {
            base.applyTo(workspace);
        }
        for (String diff : diffs) {
            workspace.apply(title, diff);
        }
    }

    /** Runs the tests of edits. */
    static Workspace.Outcome test(Workspace workspace, Collection<Edit> edits) throws Exception {
        List<String> selectors = new ArrayList<>();
        for (Edit edit : edits) {
            for (Map.Entry<String, String> test : edit.tests.entrySet()) {
                workspace.addTest(test.getKey(), test.getValue());
                selectors.add("--select-class=" + test.getKey());
            }
        }
        return workspace.run(selectors, List.of(), LIMIT);
    }

    /** The fenced blocks of a document that are of a language. */
    static List<String> blocks(Path document, String language) {
        return blocks(text(document), language);
    }

    private static String text(Path document) {
        try {
            return Files.readString(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> blocks(String section, String language) {
        return BLOCK.matcher(section).results().filter(block -> block.group(1).equals(language))
            .map(block -> block.group(2)).toList();
    }

    private static String className(String source) {
        MatchResult name = CLASS.matcher(source).results().findFirst()
            .orElseThrow(() -> new IllegalArgumentException("No package and class in\n" + source));
        return name.group(1) + '.' + name.group(2);
    }

    @Override
    public String toString() {
        return title;
    }
}
