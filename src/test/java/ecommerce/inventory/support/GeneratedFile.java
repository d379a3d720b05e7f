package ecommerce.inventory.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** A file of the project that follows from others. A test keeps it current, and rewrites it with {@code -Dupdate}. */
public final class GeneratedFile {

    private static final Path RESOURCES = Path.of("src", "main", "resources");

    private GeneratedFile() {
    }

    /** Fails with the file, its first line at fault, and the command. */
    public static void check(Path file, String wanted) throws IOException {
        if (System.getProperty("update") != null) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, wanted);
            if (file.startsWith(RESOURCES)) {
                // The copy that later tests of this run read.
                Files.writeString(Path.of("target", "classes").resolve(RESOURCES.relativize(file)), wanted);
            }
        }

        String text = Files.exists(file) ? Files.readString(file) : "";
        if (!text.equals(wanted)) {
            throw new AssertionError(file + " is out of date; rewrite it: mvn test -Pquick -Dupdate\n"
                + difference(text.lines().toList(), wanted.lines().toList()));
        }
    }

    private static String difference(List<String> lines, List<String> wanted) {
        int line = IntStream.range(0, Math.min(lines.size(), wanted.size())).filter(i -> !lines.get(i).equals(wanted.get(i))).findFirst()
            .orElse(Math.min(lines.size(), wanted.size()));
        return "line " + (line + 1) + " is " + (line < lines.size() ? lines.get(line) : "missing") + "\n  and should be "
            + (line < wanted.size() ? wanted.get(line) : "missing");
    }
}
